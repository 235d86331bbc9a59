using Carrick.Commit;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Handlers;

/// <summary>
/// Finds the delivery that stops its host. After unclean stops in a row, and until this process has lived for a while, handlers
/// run one at a time and each start is recorded before it; a delivery that was under way at too many crashes becomes a dead letter.
/// In normal operation it costs nothing. Thread-safe.
/// </summary>
internal sealed class PoisonGuard(ICommitQueue commits, TimeProvider time)
{
    /// <summary>Unclean starts in a row, this one included, that put up the guard.</summary>
    public const int UncleanStartsToGuard = 3;

    /// <summary>Starts under guard that a delivery may have without an end.</summary>
    public const int StartsAllowed = 3;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
    private DateTimeOffset? _until;

    /// <summary>Whether handlers run one at a time now.</summary>
    public bool Active => _until is { } until && time.GetUtcNow() < until;

    public void Started(int uncleanStarts) => _until = uncleanStarts >= UncleanStartsToGuard ? time.GetUtcNow() + Lifetime : null;

    /// <summary>Records the start durably and says what is to be done.</summary>
    /// <exception cref="EngineFullException">The store cannot write now, or the engine stops.</exception>
    public async ValueTask<GuardVerdict> RecordAsync(WorkItem item)
    {
        var command = new RecordStartCommand { Item = item, At = time.GetUtcNow() };
        await commits.SubmitAsync(command, CancellationToken.None).ConfigureAwait(false);
        return !command.Applied ? GuardVerdict.Gone : command.Starts > StartsAllowed ? GuardVerdict.Poison : GuardVerdict.Run;
    }
}

/// <summary>What to do with a delivery whose start was recorded.</summary>
internal enum GuardVerdict
{
    /// <summary>Run it.</summary>
    Run,

    /// <summary>Somebody else has finished it.</summary>
    Gone,

    /// <summary>It stops its host: give it up.</summary>
    Poison,
}
