namespace Carrick.Commit;

/// <summary>Where the loop of the commit queue runs, and how it waits. One loop uses it; <see cref="Wake"/> is thread-safe.</summary>
internal interface ICommitThread : IDisposable
{
    /// <summary>Starts the loop; called once.</summary>
    void Start(Func<Task> loop);

    /// <summary>Ends the wait that is under way, or the next one.</summary>
    void Wake();

    /// <summary>Forgets earlier wake-ups: the next wait ends only by a later one, or by its time.</summary>
    void Reset();

    /// <summary>Waits for <see cref="Wake"/>.</summary>
    /// <returns><see langword="false"/> if the time was over first.</returns>
    ValueTask<bool> WaitAsync(TimeSpan atMost);

    /// <summary>Waits for the store.</summary>
    /// <exception cref="StoreException">That of <paramref name="work"/>.</exception>
    ValueTask WaitAsync(ValueTask work);
}
