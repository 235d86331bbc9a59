using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Rest;

internal sealed class CapturedLog : ILoggerProvider
{
    public ConcurrentQueue<(EventId Id, string Text)> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => new Writer(Lines);

    public void Dispose()
    {
    }

    private sealed class Writer(ConcurrentQueue<(EventId, string)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((eventId, formatter(state, exception) + exception));
    }
}
