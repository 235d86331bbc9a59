using System.Diagnostics;
using System.Diagnostics.Metrics;
using Carrick.Retry;

namespace Carrick.Delivery;

/// <summary>The outbound instruments of the meter <c>Carrick</c>. Thread-safe.</summary>
internal sealed class DeliveryMetrics
{
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _throttled;
    private readonly Histogram<double> _duration;

    /// <summary>Makes the instruments; the factory owns the meter.</summary>
    public DeliveryMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("Carrick");
        _attempts = meter.CreateCounter<long>("carrick.outbound.attempts", "{attempt}", "HTTP attempts that ended.");
        _throttled = meter.CreateCounter<long>("carrick.outbound.throttled", "{attempt}", "Attempts that the other side or our own limit held back.");
        _duration = meter.CreateHistogram<double>("carrick.outbound.duration", "s", "How long HTTP attempts took.", advice: Diagnostics.Buckets.Remote);
    }

    /// <summary>Records an attempt that ended; one that our shutdown stopped is counted with its own outcome.</summary>
    public void RecordAttempt(string integration, in AttemptResult result, TimeSpan elapsed)
    {
        var tags = new TagList { { "integration", integration }, { "outcome", Outcome(result.Category) } };
        if (result.ErrorType is { } errorType)
        {
            tags.Add("error.type", errorType);
        }

        if (result.StatusCode is { } status)
        {
            tags.Add("http.response.status_code", status);
        }

        _attempts.Add(1, tags);
        _duration.Record(elapsed.TotalSeconds, tags);
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
        _throttled.Add(1, new TagList { { "integration", integration }, { "source", source } });
}
