using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.Logging;

namespace Carrick.Delivery;

/// <summary>Runs the attempts of HTTP endpoints. Thread-safe.</summary>
internal sealed partial class EndpointRunner(
    IEndpointSender sender, AttemptFinisher finisher, DeliveryMetrics metrics, StopSignal stop, TimeProvider time, ILogger<EndpointRunner> logger)
    : IDeliveryRunner
{
    public void Start(WorkItem item, ConsumerPump pump) => _ = Task.Run(() => RunAsync(item, pump));

    public void HeldBack(ConsumerPump pump) => metrics.RecordLocalThrottle(pump.Definition.Integration);

    private async Task RunAsync(WorkItem item, ConsumerPump pump)
    {
        var endpoint = (EndpointDefinition)pump.Definition;
        var startedAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        if (!pump.MayStart())
        {
            // Another attempt was told to wait while this one was on its way to a thread.
            pump.Ended(item, DeliveryEnd.PutBack);
            return;
        }

        AttemptResult result;
        try
        {
            result = item.Event is { } record
                ? await sender.SendAsync(endpoint, record, item.Attempts + 1, stop.Token).ConfigureAwait(false)
                : AttemptResult.Failure(FailureCategory.Permanent, "The event is no longer stored.");
        }
        catch (Exception exception)
        {
            // A bug of ours must not stop the consumer; it is kept with the attempt like any failure.
            LogBug(exception, endpoint.Name);
            result = AttemptResult.Failure(FailureCategory.Transient, $"Internal error: {exception.GetType().Name}: {exception.Message}");
        }

        metrics.RecordAttempt(endpoint.Integration, result, time.GetElapsedTime(started));
        if (finisher.Decide(item, pump, result, startedAt, started) is { } command)
        {
            await finisher.FinishAsync([(command, pump)], durable: false).ConfigureAwait(false);
        }
        else
        {
            pump.Ended(item, DeliveryEnd.Returned);
        }
    }

    [LoggerMessage(1120, LogLevel.Error, "Endpoint {Endpoint}: an attempt failed inside Carrick.")]
    private partial void LogBug(Exception exception, string endpoint);
}
