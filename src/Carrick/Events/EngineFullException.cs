namespace Carrick;

/// <summary>The engine cannot take events now: its queue is full, it is stopping, or its store cannot write. Nothing was stored.</summary>
/// <param name="message">Why.</param>
/// <param name="retryAfter">When to come back.</param>
/// <param name="inner">The store's failure, if that was the cause.</param>
public sealed class EngineFullException(string message, TimeSpan retryAfter, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>When to come back.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
