using Carrick.Integrations;

namespace Carrick.Hosting;

/// <summary>What the builder has gathered, frozen.</summary>
/// <param name="Integrations">The integrations to start with.</param>
internal sealed record EngineSetup(IReadOnlyList<IntegrationDefinition> Integrations)
{
    /// <summary>Run migrations at start.</summary>
    public bool Migrate { get; init; } = true;
}
