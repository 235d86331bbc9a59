namespace Carrick.Dispatch;

/// <summary>Whether a loop that must never end does its work: for the log, once per streak of failures, and for readiness. Thread-safe.</summary>
internal sealed class LoopHealth(string name)
{
    private volatile string? _failure;
    private volatile Task? _loop;

    /// <summary>Why the loop stands still, without what the exception says of the data; <see langword="null"/> if it works.</summary>
    public string? Problem => _loop is { IsFaulted: true } ? $"{name} has ended." : _failure;

    public Task Watch(Task loop) => _loop = loop;

    /// <returns>Whether it is the first failure since the loop last worked.</returns>
    public bool Failed(Exception exception)
    {
        var first = _failure is null;
        _failure = $"{name} stands still ({exception.GetType().Name}).";
        return first;
    }

    public void Works() => _failure = null;
}
