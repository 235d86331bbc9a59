using System.Data.Common;

namespace Carrick.Handlers;

/// <summary>What a handler gets: the event, and the open transaction of its database. Valid until the handler returns; not thread-safe.</summary>
/// <remarks>A handler that has not ended 5 s after its time-out is abandoned: its transaction is rolled back, and <see cref="Connection"/>, <see cref="Transaction"/>,
/// <see cref="Services"/> and <see cref="Publish"/> throw <see cref="ObjectDisposedException"/> from then on.</remarks>
public abstract class EventContext
{
    /// <summary>The event.</summary>
    public abstract EventRecord Event { get; }

    /// <summary>The number of this attempt, from 1.</summary>
    public abstract int Attempt { get; }

    /// <summary>The consumer's name.</summary>
    public abstract string Consumer { get; }

    /// <summary>The delivery.</summary>
    public abstract RecordId DeliveryId { get; }

    /// <summary>The connection of <see cref="Transaction"/>. Do not close it.</summary>
    public abstract DbConnection Connection { get; }

    /// <summary>The transaction that also holds <c>processed_events</c> and the outbox. Do not commit or roll it back; throw to undo.</summary>
    public abstract DbTransaction Transaction { get; }

    /// <summary>The application's services, in a scope of this attempt.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>Publishes bytes as an event of the same integration when, and only when, the transaction commits.</summary>
    /// <param name="type">The type.</param>
    /// <param name="body">The bytes.</param>
    /// <param name="contentType">What the bytes are.</param>
    /// <param name="subject">What the event is about; the ordering key of ordered consumers.</param>
    /// <param name="version">The version of the subject, a time or a sequence, for consumers that skip late events.</param>
    /// <exception cref="ArgumentException">The type is empty, the type, the subject or the content type has more than 255 characters, or the body more than 25 MiB.</exception>
    public abstract void Publish(string type, ReadOnlyMemory<byte> body, string contentType, string? subject = null, long? version = null);
}
