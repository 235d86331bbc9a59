using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Receiving;

/// <summary>Keeps every log line.</summary>
internal sealed class LogRecorder : ILoggerProvider
{
    public ConcurrentQueue<(string Category, LogLevel Level, EventId Id, string Text)> Lines { get; } = new();

    public IEnumerable<string> Warnings => Lines.Where(line => line.Id.Id is >= 3000 and < 3100).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(LogRecorder owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Lines.Enqueue((category, logLevel, eventId, formatter(state, exception) + exception));
    }
}
