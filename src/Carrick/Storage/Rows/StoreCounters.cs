namespace Carrick.Storage.Rows;

/// <summary>Figures for metrics. Written by whoever holds the writer's gate, read by anyone.</summary>
internal sealed class StoreCounters
{
    private long _commits;
    private long _commands;
    private long _pages;
    private long _checkpoints;

    public long Commits => Volatile.Read(ref _commits);

    public long Commands => Volatile.Read(ref _commands);

    /// <summary>Pages appended to the log.</summary>
    public long Pages => Volatile.Read(ref _pages);

    public long Checkpoints => Volatile.Read(ref _checkpoints);

    public void Committed(int commands, long pages)
    {
        Interlocked.Increment(ref _commits);
        Interlocked.Add(ref _commands, commands);
        Interlocked.Add(ref _pages, pages);
    }

    public void Checkpointed() => Interlocked.Increment(ref _checkpoints);
}
