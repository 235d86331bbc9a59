using System.Collections.Concurrent;
using Carrick.Hosting;
using Carrick.Integrations;

namespace Carrick.Tests.Receiving;

/// <summary>An engine that keeps events in memory and knows duplicates, for tests of receiving alone.</summary>
internal sealed class FakeEngine : ICarrickEngine, IEventIngress
{
    private readonly ConcurrentDictionary<(string, string), (RecordId Id, byte[] Body)> _known = new();
    private readonly ConcurrentDictionary<(string, long), RecordId> _bodies = new();
    private long _next;

    public ConcurrentQueue<IncomingEvent> Stored { get; } = new();

    /// <summary>How many events each command had.</summary>
    public ConcurrentQueue<int> Commands { get; } = new();

    public bool Full { get; set; }

    public Topology Topology { get; private set; } = Topology.Empty;

    public EngineState State => EngineState.Running;

    public string? Problem => null;

    public ValueTask ApplyAsync(IReadOnlyList<IntegrationDefinition> integrations, CancellationToken cancellationToken)
    {
        Topology = new Topology(integrations);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<IngestResult>> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken)
    {
        if (Full)
        {
            throw new EngineFullException("The queue is full.", TimeSpan.FromSeconds(1.5));
        }

        if (Topology.Find(events[0].Integration) is null)
        {
            throw new ArgumentException($"There is no integration '{events[0].Integration}'.", nameof(events));
        }

        Commands.Enqueue(events.Count);
        return new([.. events.Select(Ingest)]);
    }

    private IngestResult Ingest(IncomingEvent item)
    {
        var id = RecordId.FromKey((1_760_000_000_000L << 12) + Interlocked.Increment(ref _next), 0x8000_0000_0000_0001);
        var first = _known.GetOrAdd((item.Integration, item.KeyText), (id, item.Body.ToArray()));
        if (first.Id != id)
        {
            return new IngestResult(first.Id, true, item.Key is null && !first.Body.AsSpan().SequenceEqual(item.Body.Span));
        }

        Stored.Enqueue(item);
        return item.Key is { IsShared: true } key && _bodies.GetOrAdd((item.Integration, key.Digest), id) is var other && other != id
            ? new IngestResult(id, false, false) { PossibleReplayOf = other }
            : new IngestResult(id, false, false);
    }
}
