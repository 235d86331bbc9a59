using Microsoft.Extensions.Logging;

namespace Carrick.Simulation.World;

/// <summary>Puts the engine's warnings into the trace, and what it calls inexplicable into the violations.</summary>
internal sealed class LifeLog(Simulation simulation, Life life) : ILoggerProvider, ILogger
{
    // Errors for which the engine has no explanation: a bug, whatever it did about it.
    private static readonly int[] Bugs = [1101, 1120, 1203, 1213];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (life.IsOver)
        {
            return;
        }

        simulation.Trace.Add("log", $"{life.Name}: {formatter(state, exception)}");
        if (Bugs.Contains(eventId.Id))
        {
            simulation.Findings.Add("BUG", life.Name, $"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
