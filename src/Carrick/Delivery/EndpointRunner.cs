using Carrick.Diagnostics;
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
    private readonly ILogger _logger = logger.Guarded();

    public void Start(WorkItem item, ConsumerPump pump) => _ = Task.Run(() => EndAsync(item, pump));

    public void HeldBack(ConsumerPump pump) => metrics.RecordLocalThrottle(pump.Definition.Integration);

    /// <summary>Nobody waits for it: whatever happens, the delivery ends, or it would run for ever.</summary>
    private async Task EndAsync(WorkItem item, ConsumerPump pump)
    {
        try
        {
            await RunAsync(item, pump).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogBug(exception, pump.Definition.Name);
            pump.NotRecorded(exception);
            pump.Ended(item, DeliveryEnd.Returned);
        }
    }

    private async Task RunAsync(WorkItem item, ConsumerPump pump)
    {
        var endpoint = (EndpointDefinition)pump.Definition;
        var (late, unread) = await IsLateAsync(endpoint, item).ConfigureAwait(false);
        var startedAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        if (!pump.MayStart())
        {
            // Another attempt was told to wait while this one was on its way to a thread.
            pump.Ended(item, DeliveryEnd.PutBack);
            return;
        }

        var command = late
            ? new CompleteCommand { Item = item, At = startedAt, Outcome = DeliveryOutcome.Skipped }
            : finisher.Decide(item, pump, unread ?? await SendAsync(endpoint, item).ConfigureAwait(false), startedAt, started);
        if (command is not null)
        {
            await finisher.FinishAsync([(command, pump)], durable: false).ConfigureAwait(false);
        }
        else
        {
            pump.Ended(item, DeliveryEnd.Returned);
        }
    }

    private async ValueTask<(bool Late, AttemptResult? Unread)> IsLateAsync(EndpointDefinition endpoint, WorkItem item)
    {
        try
        {
            return (item.Event is { } record && await LateEvents.IsLateAsync(endpoint, item, record, store.Work).ConfigureAwait(false), null);
        }
        catch (StoreException exception)
        {
            // Not the event's fault: it waits, with the whole consumer, and uses up no budget.
            return (false, AttemptResult.Failure(FailureCategory.Throttled, $"Whether the event is late could not be read: {exception.Message}"));
        }
        catch (Exception exception)
        {
            LogBug(exception, endpoint.Name);
            return (false, InternalError(exception));
        }
    }

    private async ValueTask<AttemptResult> SendAsync(EndpointDefinition endpoint, WorkItem item)
    {
        if (item.Event is not { } record)
        {
            return AttemptResult.Failure(FailureCategory.Permanent, "The event is no longer stored.");
        }

        var started = time.GetTimestamp();
        AttemptResult result;
        try
        {
            result = await sender.SendAsync(endpoint, record, item.Attempts + 1, stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A bug must not end the delivery unseen: it counts as a failed attempt and is tried again.
            LogBug(exception, endpoint.Name);
            result = InternalError(exception);
        }

        metrics.RecordAttempt(endpoint.Integration, result, time.GetElapsedTime(started));
        return result;
    }

    private static AttemptResult InternalError(Exception exception) =>
        AttemptResult.Failure(FailureCategory.Transient, $"Internal error: {exception.GetType().Name}: {exception.Message}");

    [LoggerMessage(1120, LogLevel.Error, "Endpoint {Endpoint}: an attempt failed inside Carrick.")]
    private partial void LogBug(Exception exception, string endpoint);
}
