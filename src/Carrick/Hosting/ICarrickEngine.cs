using Carrick.Integrations;

namespace Carrick.Hosting;

/// <summary>The running engine. Thread-safe.</summary>
public interface ICarrickEngine
{
    /// <summary>The integrations in force; replaced as a whole, never changed.</summary>
    Topology Topology { get; }

    /// <summary>The state for health checks.</summary>
    EngineState State { get; }

    /// <summary>Why the engine is not ready, in words without secrets; <see langword="null"/> if it is.</summary>
    string? Problem { get; }

    /// <summary>Replaces the integrations. Outstanding deliveries of a consumer that is gone wait until a configuration has it again.</summary>
    /// <exception cref="ArgumentException">Two consumers or integrations have one name, or a definition is out of range; all errors in one message; the last good integrations stay in force.</exception>
    ValueTask ApplyAsync(IReadOnlyList<IntegrationDefinition> integrations, CancellationToken cancellationToken);
}

/// <summary>The states of the engine.</summary>
public enum EngineState
{
    /// <summary>Not started.</summary>
    Starting,

    /// <summary>At work.</summary>
    Running,

    /// <summary>At work, but the store cannot write now, or a consumer stands still because of an error that cannot be explained.</summary>
    Degraded,

    /// <summary>Draining.</summary>
    Stopping,

    /// <summary>Stopped, or failed for good: see <see cref="ICarrickEngine.Problem"/>.</summary>
    Stopped,
}
