using System.Collections.Frozen;
using Carrick.Integrations;

namespace Carrick.Hosting;

/// <summary>The integrations in force. Immutable.</summary>
public sealed class Topology
{
    private readonly FrozenDictionary<string, IntegrationDefinition> _integrations;

    /// <summary>Makes a topology of valid definitions.</summary>
    public Topology(IEnumerable<IntegrationDefinition> integrations) =>
        _integrations = integrations.ToFrozenDictionary(integration => integration.Name, StringComparer.Ordinal);

    /// <summary>No integrations.</summary>
    public static Topology Empty { get; } = new([]);

    /// <summary>All integrations.</summary>
    public IReadOnlyCollection<IntegrationDefinition> Integrations => _integrations.Values;

    /// <summary>The integration, or <see langword="null"/>.</summary>
    public IntegrationDefinition? Find(string name) => _integrations.GetValueOrDefault(name);
}
