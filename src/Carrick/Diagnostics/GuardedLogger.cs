using Microsoft.Extensions.Logging;

namespace Carrick.Diagnostics;

/// <summary>
/// A logger whose providers cannot hurt the caller. The host chooses the providers, and one that throws would otherwise end whatever was about to be logged:
/// a commit, a loop, the end of a delivery. Thread-safe.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return inner.BeginScope(state);
        }
        catch (Exception)
        {
            return null;
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            // Asked again by the line itself, which tells the other providers.
            return true;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // Every other provider has the line, and the one that failed is where this would be told.
        }
    }
}

/// <summary>Short ways to guard what calls code of the host.</summary>
internal static class Guarding
{
    /// <summary>The logger with providers that cannot hurt the caller.</summary>
    public static ILogger Guarded(this ILogger logger) => logger as GuardedLogger ?? new GuardedLogger(logger);
}
