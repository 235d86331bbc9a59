using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Handlers;

/// <summary>Calls a handler and turns what it throws into a value. Thread-safe.</summary>
internal sealed class HandlerInvoker(IServiceScopeFactory scopes, StopSignal stop, TimeProvider time)
{
    private const int LongestError = 4_096;

    /// <summary>A handler that was cut off by a stop, or does not start any more.</summary>
    public static AttemptResult Stopped => AttemptResult.Failure(FailureCategory.Cancelled, "Stopped.");

    /// <summary>The grace period of a stop is over: no handler starts any more.</summary>
    public bool Stopping => stop.Token.IsCancellationRequested;

    /// <summary>Runs the handler inside the open savepoint and writes what it published to the outbox.</summary>
    /// <exception cref="StoreException">The handler's database failed under it, or the outbox could not be written; the outer transaction is lost.</exception>
    /// <exception cref="InvalidOperationException">A handler has spoilt the transaction.</exception>
    public async ValueTask<AttemptResult> InvokeAsync(
        IHandlerSession session, HandlerDefinition definition, WorkItem item, EventRecord record, List<OutboxMessage> published)
    {
        var context = new HandlerContext(session, scopes, definition.Name, item, record);
        var (result, failure) = await CallAsync(session, definition, context).ConfigureAwait(false);
        try
        {
            await context.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure ??= session.FailureBehind(exception);
            result = result.Category == FailureCategory.None
                ? AttemptResult.Failure(FailureCategory.Transient, Describe(exception))
                : result with { Error = $"{result.Error}{Environment.NewLine}Then its services could not be disposed: {Describe(exception)}" };
        }

        if (failure is not null)
        {
            throw failure;
        }

        if (result.Category != FailureCategory.None)
        {
            return result;
        }

        foreach (var message in context.Published)
        {
            await session.AddToOutboxAsync(message, CancellationToken.None).ConfigureAwait(false);
            published.Add(message);
        }

        return AttemptResult.Success();
    }

    private async ValueTask<(AttemptResult Result, Exception? Failure)> CallAsync(
        IHandlerSession session, HandlerDefinition definition, HandlerContext context)
    {
        using var timeout = new CancellationTokenSource(definition.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop.Token);
        try
        {
            await definition.Handler(context, either.Token).ConfigureAwait(false);
            return (AttemptResult.Success(), null);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return (Stopped, null);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return (AttemptResult.Failure(FailureCategory.Transient, $"Timed out after {definition.Timeout}."), null);
        }
        catch (PermanentFailureException exception)
        {
            return (AttemptResult.Failure(FailureCategory.Permanent, Describe(exception)), null);
        }
        catch (Exception exception)
        {
            return (AttemptResult.Failure(FailureCategory.Transient, Describe(exception)), session.FailureBehind(exception));
        }
    }

    private static string Describe(Exception exception)
    {
        var text = exception.ToString();
        return text.Length <= LongestError ? text : text[..LongestError];
    }
}
