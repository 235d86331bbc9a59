using System.Diagnostics.Metrics;
using Carrick.Hosting;
using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>The queue depths, observed from the pumps' counters: no query.</summary>
internal sealed class DepthMetrics
{
    private readonly RunningTopology _topology;

    public DepthMetrics(IMeterFactory meters, RunningTopology topology, IStore store)
    {
        _topology = topology;
        var meter = meters.Create(Diagnostics.MeterNames.Carrick);
        meter.CreateObservableGauge("carrick.queue.depth", Outstanding, "{delivery}", "Outstanding deliveries by consumer and state: ready or delayed.");
        meter.CreateObservableGauge("carrick.dlq.depth", Dead, "{delivery}", "Dead letters by consumer.");
        meter.CreateObservableGauge("carrick.consumer.running", Running, "{attempt}", "Attempts under way by consumer.");
        meter.CreateObservableGauge("carrick.consumer.disabled", Disabled, "{consumer}", "1 for a disabled consumer, 0 otherwise.");
        meter.CreateObservableGauge("carrick.store.wal.bytes", () => store.Statistics.LogSizeBytes, "By", "Size of the store's log.");
        meter.CreateObservableCounter("carrick.store.commits", () => store.Statistics.Commits, "{commit}", "Durable commits.");
    }

    private IEnumerable<Measurement<long>> Outstanding()
    {
        foreach (var pump in _topology.Current.Pumps)
        {
            var depth = pump.Depth.Value;
            yield return new(depth.Ready, Consumer(pump), new("state", "ready"));
            yield return new(depth.Delayed, Consumer(pump), new("state", "delayed"));
        }
    }

    private IEnumerable<Measurement<long>> Dead() =>
        _topology.Current.Pumps.Select(pump => new Measurement<long>(pump.Depth.Value.Dead, Consumer(pump)));

    private IEnumerable<Measurement<int>> Running() =>
        _topology.Current.Pumps.Select(pump => new Measurement<int>(pump.RunningCount, Consumer(pump)));

    private IEnumerable<Measurement<int>> Disabled() =>
        _topology.Current.Pumps.Select(pump => new Measurement<int>(pump.State.DisabledAt is null ? 0 : 1, Consumer(pump)));

    private static KeyValuePair<string, object?> Consumer(ConsumerPump pump) => new("consumer", pump.Definition.Name);
}
