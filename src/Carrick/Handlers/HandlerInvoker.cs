using System.Text.Json;
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

    /// <summary>Runs the handler inside the open savepoint and writes what it published to the outbox.</summary>
    /// <exception cref="StoreException">The handler's database failed under it, or the outbox could not be written; the outer transaction is lost.</exception>
    public async ValueTask<AttemptResult> InvokeAsync(
        IHandlerSession session, HandlerDefinition definition, WorkItem item, EventRecord record, List<OutboxMessage> published)
    {
        var context = new HandlerContext(session, scopes, definition.Name, item, record);
        await using (context.ConfigureAwait(false))
        {
            using var timeout = new CancellationTokenSource(definition.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop.Token);
            try
            {
                await definition.Handler(context, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
            {
                return AttemptResult.Failure(FailureCategory.Cancelled, "Stopped.");
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                return AttemptResult.Failure(FailureCategory.Transient, $"Timed out after {definition.Timeout}.");
            }
            catch (PermanentFailureException exception)
            {
                return AttemptResult.Failure(FailureCategory.Permanent, Describe(exception));
            }
            catch (JsonException exception)
            {
                // The message of a JsonException names a path and a position, not the payload.
                return AttemptResult.Failure(FailureCategory.Permanent, $"The body is not what the handler expects: {exception.Message}");
            }
            catch (Exception exception) when (session.FailureBehind(exception) is { } failure)
            {
                throw failure;
            }
            catch (Exception exception)
            {
                return AttemptResult.Failure(FailureCategory.Transient, Describe(exception));
            }
        }

        foreach (var message in context.Published)
        {
            await session.AddToOutboxAsync(message, CancellationToken.None).ConfigureAwait(false);
            published.Add(message);
        }

        return AttemptResult.Success();
    }

    private static string Describe(Exception exception)
    {
        var text = exception.ToString();
        return text.Length <= LongestError ? text : text[..LongestError];
    }
}
