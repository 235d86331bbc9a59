using System.Collections.Frozen;
using Carrick.Dispatch;

namespace Carrick.Hosting;

/// <summary>The integrations in force with their pumps: one snapshot, replaced as a whole. Thread-safe.</summary>
internal sealed class RunningTopology
{
    private volatile Snapshot _current = new(Topology.Empty, [], []);

    public Snapshot Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>An integration with its number and the pumps of its consumers.</summary>
    internal sealed record RunningIntegration(string Name, int Number, IReadOnlyList<ConsumerPump> Consumers);

    internal sealed class Snapshot
    {
        private readonly FrozenDictionary<string, RunningIntegration> _integrations;
        private readonly FrozenDictionary<int, ConsumerPump> _byNumber;
        private readonly FrozenDictionary<string, ConsumerPump> _byName;

        public Snapshot(Topology topology, IReadOnlyCollection<RunningIntegration> integrations, IReadOnlyCollection<ConsumerPump> pumps)
        {
            Topology = topology;
            Pumps = pumps;
            _integrations = integrations.ToFrozenDictionary(integration => integration.Name, StringComparer.Ordinal);
            _byNumber = pumps.ToFrozenDictionary(pump => pump.State.Number);
            _byName = pumps.ToFrozenDictionary(pump => pump.Definition.Name, StringComparer.Ordinal);
        }

        public Topology Topology { get; }

        public IReadOnlyCollection<ConsumerPump> Pumps { get; }

        public RunningIntegration? Find(string integration) => _integrations.GetValueOrDefault(integration);

        public ConsumerPump? FindPump(int number) => _byNumber.GetValueOrDefault(number);

        public ConsumerPump? FindPump(string consumer) => _byName.GetValueOrDefault(consumer);
    }
}
