namespace Carrick.Storage.Commands;

/// <summary>Stores the events of one request, their keys of deduplication, and a work row for every matching consumer. All or none.</summary>
public sealed class IngestCommand : StoreCommand
{
    /// <inheritdoc/>
    internal override bool IsCostly => false;

    /// <summary>The events.</summary>
    public required IReadOnlyList<NewEvent> Events { get; init; }

    internal override void AssignIds(RecordIdGenerator ids)
    {
        foreach (var item in Events)
        {
            item.Id = ids.Next();
            foreach (var work in item.Work)
            {
                work.Id = ids.Next();
            }
        }
    }

    /// <inheritdoc/>
    internal override string Describe() => $"{Events.Count} event(s) of integration '{(Events.Count > 0 ? Events[0].Content.Integration : "")}'";

    internal override void Forget()
    {
        foreach (var item in Events)
        {
            item.Result = default;
        }
    }
}

/// <summary>An event to store.</summary>
public sealed class NewEvent
{
    /// <summary>Its content.</summary>
    public required IncomingEvent Content { get; init; }

    /// <summary>The integration's number.</summary>
    public required int Integration { get; init; }

    /// <summary>The first 8 bytes of the SHA-256 of the body, to tell a conflict from a duplicate; those of the key's digest if the event has a key of its own.</summary>
    public required long BodyHash { get; init; }

    /// <summary>When it was received.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The deliveries to make.</summary>
    public required IReadOnlyList<NewWork> Work { get; init; }

    /// <summary>The id it gets unless it is a duplicate.</summary>
    public RecordId Id { get; internal set; }

    /// <summary>Set by the store.</summary>
    public IngestResult Result { get; set; }
}

/// <summary>A delivery to make of a new event.</summary>
public sealed class NewWork
{
    /// <summary>The consumer's number.</summary>
    public required int Consumer { get; init; }

    /// <summary>The ordering key.</summary>
    public string? OrderingKey { get; init; }

    /// <summary>The shard that it belongs to, 0 to 63; <see langword="null"/> for any, which a shared store chooses.</summary>
    public int? Shard { get; set; }

    /// <summary>The delivery's id.</summary>
    public RecordId Id { get; internal set; }
}
