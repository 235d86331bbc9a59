namespace Carrick.Commit;

/// <summary>A thread of its own, which blocks where the loop waits: the loop never leaves it, and a commit waits for no thread of the pool.</summary>
internal sealed class CommitThread : ICommitThread
{
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);

    public void Start(Func<Task> loop) =>
        new Thread(() => loop().GetAwaiter().GetResult()) { IsBackground = true, Name = "carrick-commit" }.Start();

    public void Wake() => _wake.Set();

    public void Reset() => _wake.Reset();

    public ValueTask<bool> WaitAsync(TimeSpan atMost) => new(_wake.Wait(atMost));

    // A store that works synchronously has completed already.
    public ValueTask WaitAsync(ValueTask work)
    {
        if (work.IsCompletedSuccessfully)
        {
            work.GetAwaiter().GetResult();
        }
        else
        {
            work.AsTask().GetAwaiter().GetResult();
        }

        return ValueTask.CompletedTask;
    }

    public void Dispose() => _wake.Dispose();
}
