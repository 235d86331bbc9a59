using System.Data.Common;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Handlers;

/// <inheritdoc/>
internal sealed class HandlerContext(IHandlerSession session, IServiceScopeFactory scopes, string consumer, WorkItem item, EventRecord record)
    : EventContext, IAsyncDisposable
{
    private List<OutboxMessage>? _published;
    private AsyncServiceScope? _scope;
    private volatile bool _isAbandoned;

    public override EventRecord Event => record;

    public override int Attempt => item.Attempts + 1;

    public override string Consumer => consumer;

    public override RecordId DeliveryId => item.Id;

    public override DbConnection Connection => Living.Connection;

    public override DbTransaction Transaction => Living.Transaction;

    public override IServiceProvider Services
    {
        get
        {
            _ = Living;
            return (_scope ??= scopes.CreateAsyncScope()).ServiceProvider;
        }
    }

    public IReadOnlyList<OutboxMessage> Published => _published ?? (IReadOnlyList<OutboxMessage>)[];

    private IHandlerSession Living => !_isAbandoned ? session : throw new ObjectDisposedException(
        nameof(EventContext), $"The handler of consumer '{consumer}' has not ended in time and was abandoned: its transaction was rolled back.");

    /// <summary>Whatever the handler still does must have no effect. From any thread.</summary>
    public void Abandon() => _isAbandoned = true;

    public override void Publish(string type, ReadOnlyMemory<byte> body, string contentType, string? subject = null, long? version = null)
    {
        _ = Living;
        ArgumentNullException.ThrowIfNull(contentType);
        EventFields.CheckContent(type, subject, contentType, body.Length);
        _published ??= [];
        _published.Add(new OutboxMessage
        {
            Integration = record.Integration,
            // The same for every attempt of the event by this consumer, so that what was relayed twice is stored once. A forced replay is a new effect.
            MessageId = item.Forced
                ? $"{item.Id.ToString(IdPrefix.Delivery)}.{_published.Count + 1}"
                : $"{record.Id.ToString(IdPrefix.Event)}.{item.Consumer}.{_published.Count + 1}",
            Type = type,
            Subject = subject,
            Version = version,
            ContentType = contentType,
            Body = body,
        });
    }

    public ValueTask DisposeAsync() => _scope?.DisposeAsync() ?? ValueTask.CompletedTask;
}
