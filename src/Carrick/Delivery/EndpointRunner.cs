using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Delivery;

/// <summary>Runs the attempts of HTTP endpoints. Thread-safe.</summary>
internal sealed partial class EndpointRunner(
    IEndpointSender sender, IStore store, AttemptFinisher finisher, DeliveryMetrics metrics, StopSignal stop, TimeProvider time, ILogger<EndpointRunner> logger)
    : IDeliveryRunner
{
    public void Start(WorkItem item, ConsumerPump pump) => _ = Task.Run(() => RunAsync(item, pump));

    public void HeldBack(ConsumerPump pump) => metrics.RecordLocalThrottle(pump.Definition.Integration);

    private async Task RunAsync(WorkItem item, ConsumerPump pump)
    {
        var endpoint = (EndpointDefinition)pump.Definition;
        var startedAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        var (late, sent) = (false, false);
        var result = AttemptResult.Failure(FailureCategory.Permanent, "The event is no longer stored.");
        try
        {
            if (item.Event is { } record)
            {
                late = await LateEvents.IsLateAsync(endpoint, item, record, store.Work).ConfigureAwait(false);
                sent = !late;
                result = late ? default : await sender.SendAsync(endpoint, record, item.Attempts + 1, stop.Token).ConfigureAwait(false);
            }
        }
        catch (StoreException exception)
        {
            // Not the event's fault: it waits, with the whole consumer, and uses up no budget.
            result = AttemptResult.Failure(FailureCategory.Throttled, $"Whether the event is late could not be read: {exception.Message}");
        }
        catch (Exception exception)
        {
            // A bug of ours must not stop the consumer; it is kept with the attempt like any failure.
            LogBug(exception, endpoint.Name);
            result = AttemptResult.Failure(FailureCategory.Transient, $"Internal error: {exception.GetType().Name}: {exception.Message}");
        }

        var duration = time.GetElapsedTime(started);
        if (sent)
        {
            metrics.RecordAttempt(endpoint.Integration, result, duration);
        }

        var command = late
            ? new CompleteCommand { Item = item, At = time.GetUtcNow(), Outcome = DeliveryOutcome.Skipped }
            : finisher.Decide(item, pump, result, startedAt, duration);
        if (command is not null)
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
