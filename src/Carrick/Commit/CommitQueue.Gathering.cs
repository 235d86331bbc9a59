namespace Carrick.Commit;

/// <content>
/// Under load a commit waits for company. What it costs is hardly more for ten commands than for one, so when commands come faster than commits end, commits of a
/// few keep the processor busy until it is late for all. A commit of one is followed by no wait: nobody else was there.
/// </content>
internal sealed partial class CommitQueue
{
    /// <summary>The wait is as long as the last commit, which knows how busy store and machine are, and no longer than this.</summary>
    private static readonly TimeSpan MostToGather = TimeSpan.FromMilliseconds(2);

    // Of the last commit; nothing if it failed.
    private int _shared;
    private TimeSpan _took;

    // How many commands must wait for the thread to be woken. Under the gate.
    private int _wakeAt = 1;

    /// <summary>Waits, after a commit that several have shared, until enough for a small batch are there, or as long as that commit took.</summary>
    private async ValueTask GatherAsync()
    {
        if (_shared <= 1)
        {
            return;
        }

        _thread.Reset();
        lock (_gate)
        {
            var enough = Math.Min(SmallBatch, _options.CommitBatch);
            if (_stopping || _queue.Count >= enough)
            {
                return;
            }

            _wakeAt = enough;
        }

        // The thread waits for whole milliseconds: after a commit that took less than one it goes on.
        await _thread.WaitAsync(_took < MostToGather ? _took : MostToGather).ConfigureAwait(false);
        lock (_gate)
        {
            _wakeAt = 1;
        }
    }
}
