using System.Diagnostics.Metrics;

namespace Carrick.Commit;

/// <summary>Figures of the commit queue.</summary>
internal sealed class CommitMetrics
{
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _refused;

    public CommitMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(Diagnostics.MeterNames.Carrick);
        _duration = meter.CreateHistogram<double>("carrick.store.commit.duration", "s", "Duration of one durable commit.", advice: Diagnostics.Buckets.Local);
        _batch = meter.CreateHistogram<int>("carrick.store.batch.size", "{command}", "Commands in one commit.", advice: Diagnostics.Buckets.Batch);
        _refused = meter.CreateCounter<long>("carrick.store.refused", "{command}", "Commands refused because the write queue was full.");
    }

    public long Start() => _time.GetTimestamp();

    public void Committed(long started, int commands)
    {
        _duration.Record(_time.GetElapsedTime(started).TotalSeconds);
        _batch.Record(commands);
    }

    public void Refused() => _refused.Add(1);
}
