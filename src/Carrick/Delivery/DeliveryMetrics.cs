using System.Diagnostics.Metrics;
using Carrick.Diagnostics;
using Carrick.Retry;
using Microsoft.Extensions.Logging;

namespace Carrick.Delivery;

/// <summary>The outbound instruments of the meter <c>Carrick</c>. Thread-safe.</summary>
internal sealed class DeliveryMetrics
{
    private readonly GuardedCounter _attempts;
    private readonly GuardedCounter _throttled;
    private readonly GuardedHistogram<double> _duration;

    /// <summary>Makes the instruments; the factory owns the meter.</summary>
    public DeliveryMetrics(IMeterFactory factory, ILogger<DeliveryMetrics>? logger = null)
    {
        var guard = new ListenerGuard(logger);
        var meter = factory.Create("Carrick");
        _attempts = new(meter.CreateCounter<long>("carrick.outbound.attempts", "{attempt}", "HTTP attempts that ended."), guard);
        _throttled = new(meter.CreateCounter<long>("carrick.outbound.throttled", "{attempt}", "Attempts that the other side or our own limit held back."), guard);
        _duration = new(meter.CreateHistogram<double>("carrick.outbound.duration", "s", "How long HTTP attempts took.", advice: Buckets.Remote), guard);
    }

    /// <summary>Records an attempt that ended; one that our shutdown stopped is counted with its own outcome.</summary>
    public void RecordAttempt(string integration, in AttemptResult result, TimeSpan elapsed)
    {
        var status = result.StatusCode is { } code ? StatusCodeTag.Of(code) : null;
        Span<KeyValuePair<string, object?>> tags = [new("integration", integration), new("outcome", Outcome(result.Category)), default, default];
        var count = 2;
        if (result.ErrorType is { } type)
        {
            tags[count++] = new("error.type", DeliveryErrorType.IsKnown(type) ? type : status ?? DeliveryErrorType.Other);
        }

        if (status is not null)
        {
            tags[count++] = new("http.response.status_code", status);
        }

        _attempts.Add(1, tags[..count]);
        _duration.Record(elapsed.TotalSeconds, tags[..count]);
        if (result.Category == FailureCategory.Throttled)
        {
            RecordThrottled(integration, "server_429");
        }
    }

    /// <summary>Records a delivery that had to wait for the endpoint's own token bucket.</summary>
    public void RecordLocalThrottle(string integration) => RecordThrottled(integration, "local_bucket");

    private static string Outcome(FailureCategory category) => category switch
    {
        FailureCategory.None => "succeeded",
        FailureCategory.Transient => "transient",
        FailureCategory.Throttled => "throttled",
        FailureCategory.Permanent => "permanent",
        FailureCategory.Gone => "gone",
        FailureCategory.Cancelled => "cancelled",
        FailureCategory.Poison => "poison",
        _ => throw new ArgumentOutOfRangeException(nameof(category), category, null),
    };

    private void RecordThrottled(string integration, string source) =>
        _throttled.Add(1, new KeyValuePair<string, object?>("integration", integration), new KeyValuePair<string, object?>("source", source));
}
