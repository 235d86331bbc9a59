using System.Diagnostics.Metrics;
using Carrick.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Carrick.Commit;

/// <summary>Figures of the commit queue.</summary>
internal sealed class CommitMetrics
{
    private readonly TimeProvider _time;
    private readonly GuardedHistogram<double> _duration;
    private readonly GuardedHistogram<int> _batch;
    private readonly GuardedCounter _refused;
    private readonly GuardedCounter _invalid;

    public CommitMetrics(IMeterFactory meters, TimeProvider time, ILogger<CommitMetrics>? logger = null)
    {
        _time = time;
        var guard = new ListenerGuard(logger);
        var meter = meters.Create(MeterNames.Carrick);
        _duration = new(meter.CreateHistogram<double>("carrick.store.commit.duration", "s", "Duration of one durable commit.", advice: Buckets.Local), guard);
        _batch = new(meter.CreateHistogram<int>("carrick.store.batch.size", "{command}", "Commands in one commit.", advice: Buckets.Batch), guard);
        _refused = new(meter.CreateCounter<long>("carrick.store.refused", "{command}", "Commands refused because the write queue was full."), guard);
        _invalid = new(meter.CreateCounter<long>("carrick.store.invalid", "{command}", "Commands that the database refused for their data, each alone."), guard);
    }

    public long Start() => _time.GetTimestamp();

    /// <returns>How long it took.</returns>
    public TimeSpan Committed(long started, int commands)
    {
        var took = _time.GetElapsedTime(started);
        _duration.Record(took.TotalSeconds);
        _batch.Record(commands);
        return took;
    }

    public void Refused() => _refused.Add(1);

    public void Invalid() => _invalid.Add(1);
}
