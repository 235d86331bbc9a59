namespace Carrick.Storage;

/// <summary>An outstanding delivery, as the dispatcher holds it: the work row, and the event while memory allows.</summary>
/// <remarks>Changed only by the consumer that runs it.</remarks>
public sealed class WorkItem
{
    /// <summary>The delivery's id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>The consumer's number.</summary>
    public required int Consumer { get; init; }

    /// <summary>The event's id.</summary>
    public required RecordId EventId { get; init; }

    /// <summary>The ordering key, or <see langword="null"/>.</summary>
    public string? OrderingKey { get; init; }

    /// <summary>The shard that it belongs to, 0 to 63; 0 in a store that is not shared.</summary>
    public int Shard { get; init; }

    /// <summary>When the next attempt is due; <see langword="null"/> for at once.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Attempts made.</summary>
    public int Attempts { get; set; }

    /// <summary>Attempts that used up budget.</summary>
    public int Failures { get; set; }

    /// <summary>A replay that runs although the ledger has the message, or an endpoint something newer.</summary>
    public bool Forced { get; init; }

    /// <summary>The dead letter it replays, or <see langword="null"/>.</summary>
    public RecordId? ReplayOf { get; init; }

    /// <summary>The event, or <see langword="null"/> if it must be read.</summary>
    public EventRecord? Event { get; set; }

    /// <summary>Bytes of the body budget that this item holds.</summary>
    internal int ReservedBytes { get; set; }
}
