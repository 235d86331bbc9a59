using System.Diagnostics.Metrics;
using Carrick.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

/// <summary>The metrics of receiving. Tags have few values: an integration's name, or <c>unknown</c>. Thread-safe.</summary>
internal sealed class WebhookMetrics
{
    public const string MeterName = "Carrick";
    public const string UnknownSource = "unknown";
    private readonly GuardedCounter _received;
    private readonly GuardedCounter _failures;
    private readonly GuardedCounter _conflicts;
    private readonly GuardedCounter _replays;
    private readonly GuardedHistogram<double> _acknowledged;

    public WebhookMetrics(IMeterFactory meters, ILogger<WebhookMetrics>? logger = null)
    {
        var guard = new ListenerGuard(logger);
        var meter = meters.Create(MeterName);
        _received = new(meter.CreateCounter<long>("carrick.inbound.received", "{event}", "Events accepted, and requests refused, by result."), guard);
        _failures = new(meter.CreateCounter<long>("carrick.security.signature_failures", "{request}", "Requests with a bad signature, by reason."), guard);
        _conflicts = new(meter.CreateCounter<long>("carrick.inbound.conflicts", "{event}", "Duplicates whose body differs from the first one."), guard);
        _replays = new(meter.CreateCounter<long>("carrick.inbound.possible_replays", "{event}", "Events accepted although their body was known under another, unsigned id."), guard);
        _acknowledged = new(
            meter.CreateHistogram<double>("carrick.inbound.ack.duration", "s", "Time from the request's headers to the acknowledgement of a durable event.", advice: Buckets.Local), guard);
    }

    public void Received(string source, string result, long count = 1) =>
        _received.Add(count, new KeyValuePair<string, object?>("source", source), new KeyValuePair<string, object?>("result", result));

    public void SignatureFailure(string source, string reason) =>
        _failures.Add(1, new KeyValuePair<string, object?>("source", source), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts the events of a request that was answered.</summary>
    /// <returns>How many may be replays.</returns>
    public int Acknowledged(string source, IReadOnlyList<IngestResult> results, TimeSpan duration)
    {
        var (duplicates, conflicts, replays) = (0, 0, 0);
        for (var i = 0; i < results.Count; i++)
        {
            var result = results[i];
            duplicates += result.Duplicate ? 1 : 0;
            conflicts += result.Conflict ? 1 : 0;
            replays += result.PossibleReplayOf is null ? 0 : 1;
        }

        Add(source, "accepted", results.Count - duplicates);
        Add(source, "duplicate", duplicates);
        if (conflicts > 0)
        {
            _conflicts.Add(conflicts, new KeyValuePair<string, object?>("source", source));
        }

        if (replays > 0)
        {
            _replays.Add(replays, new KeyValuePair<string, object?>("source", source));
        }

        _acknowledged.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("source", source));
        return replays;
    }

    private void Add(string source, string result, int count)
    {
        if (count > 0)
        {
            Received(source, result, count);
        }
    }
}
