using Carrick.Delivery;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <summary>Calls a handler and turns what it throws into a value. Thread-safe.</summary>
internal sealed partial class HandlerInvoker(IServiceScopeFactory scopes, StopSignal stop, TimeProvider time, ILogger<HandlerInvoker> logger)
{
    private readonly ILogger _logger = logger.Guarded();

    /// <summary>A handler that was cut off by a stop, or does not start any more.</summary>
    public static AttemptResult Stopped => AttemptResult.Failure(FailureCategory.Cancelled, "Stopped.");

    /// <summary>The grace period of a stop is over: no handler starts any more.</summary>
    public bool Stopping => stop.Token.IsCancellationRequested;

    /// <summary>Watches the handlers of one loop.</summary>
    public HandlerWatch Watch(Action<HandlerContext> abandon) => new(time, abandon, LogCancelFailed, stop.Token);

    /// <summary>Runs the handler inside the open savepoint and writes what it published to the outbox.</summary>
    /// <exception cref="StoreException">The handler's database failed under it, or the outbox could not be written; the outer transaction is lost.</exception>
    /// <exception cref="InvalidOperationException">A handler has spoilt the transaction.</exception>
    public async ValueTask<HandlerEnd> InvokeAsync(
        IHandlerSession session, HandlerDefinition definition, WorkItem item, EventRecord record, List<OutboxMessage> published, HandlerWatch watch)
    {
        var context = new HandlerContext(session, scopes, definition.Name, item, record);
        using var token = new CancellationTokenSource();
        watch.Begin(context, token, definition.Timeout);
        var (result, failure) = await CallAsync(session, definition, context, token).ConfigureAwait(false);
        try
        {
            await context.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure ??= session.FailureBehind(exception);
            result = result.Category == FailureCategory.None
                ? Failed(exception, FailureCategory.Transient, context)
                : result with { Error = $"{result.Error}{Environment.NewLine}Then its services could not be disposed: {HandlerFailure.Describe(exception)}" };
        }

        if (!watch.End())
        {
            return new HandlerEnd(result, IsAbandoned: true);
        }

        if (failure is not null)
        {
            throw failure;
        }

        if (result.Category == FailureCategory.None)
        {
            foreach (var message in context.Published)
            {
                await session.AddToOutboxAsync(message, CancellationToken.None).ConfigureAwait(false);
                published.Add(message);
            }
        }

        return new HandlerEnd(result, IsAbandoned: false);
    }

    private async ValueTask<(AttemptResult Result, Exception? Failure)> CallAsync(
        IHandlerSession session, HandlerDefinition definition, HandlerContext context, CancellationTokenSource token)
    {
        try
        {
            await definition.Handler(context, token.Token).ConfigureAwait(false);
            return (AttemptResult.Success(), null);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return (Stopped, null);
        }
        catch (OperationCanceledException exception) when (token.IsCancellationRequested)
        {
            var text = $"Timed out after {definition.Timeout}.";
            LogFailed(exception, context, text);
            return (AttemptResult.Failure(FailureCategory.Transient, text) with { Summary = text }, null);
        }
        catch (PermanentFailureException exception)
        {
            return (Failed(exception, FailureCategory.Permanent, context), null);
        }
        catch (Exception exception)
        {
            return (Failed(exception, FailureCategory.Transient, context), session.FailureBehind(exception));
        }
    }

    private AttemptResult Failed(Exception exception, FailureCategory category, HandlerContext context)
    {
        var result = HandlerFailure.From(exception, category, context.Event);
        LogFailed(exception, context, result.Summary!);
        return result;
    }

    private void LogFailed(Exception exception, HandlerContext context, string problem) => LogFailed(
        exception, context.Consumer, context.Attempt, context.DeliveryId.ToString(IdPrefix.Delivery), context.Event.Id.ToString(IdPrefix.Event), problem);

    [LoggerMessage(1216, LogLevel.Warning, "Consumer {Consumer}: attempt {Attempt} of delivery {Delivery}, event {Event}, has failed: {Problem}")]
    private partial void LogFailed(Exception exception, string consumer, int attempt, string delivery, string @event, string problem);

    [LoggerMessage(1217, LogLevel.Warning, "A callback that a handler has registered with its cancellation token has failed.")]
    private partial void LogCancelFailed(Exception exception);
}

/// <summary>How a handler has ended.</summary>
/// <param name="Result">What it came to.</param>
/// <param name="IsAbandoned">It was taken away from the loop before, which has nothing left to decide.</param>
internal readonly record struct HandlerEnd(AttemptResult Result, bool IsAbandoned);
