using System.Diagnostics.Metrics;

namespace Carrick.Commit;

/// <summary>Figures of the commit queue.</summary>
internal sealed class CommitMetrics
{
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _batch;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _invalid;

    public CommitMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(Diagnostics.MeterNames.Carrick);
        _duration = meter.CreateHistogram<double>("carrick.store.commit.duration", "s", "Duration of one durable commit.", advice: Diagnostics.Buckets.Local);
        _batch = meter.CreateHistogram<int>("carrick.store.batch.size", "{command}", "Commands in one commit.", advice: Diagnostics.Buckets.Batch);
        _refused = meter.CreateCounter<long>("carrick.store.refused", "{command}", "Commands refused because the write queue was full.");
        _invalid = meter.CreateCounter<long>("carrick.store.invalid", "{command}", "Commands that the database refused for their data, each alone.");
    }

    public long Start() => _time.GetTimestamp();

    public TimeSpan Since(long started) => _time.GetElapsedTime(started);

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
