namespace Carrick.Storage.Commands;

/// <summary>Makes an outstanding delivery due at once.</summary>
public sealed class RequeueCommand : StoreCommand
{
    /// <inheritdoc/>
    internal override bool IsCostly => false;

    /// <summary>The delivery.</summary>
    public required RecordId Delivery { get; init; }

    /// <summary>Set by the store: its row before the change, or <see langword="null"/> if it was not outstanding.</summary>
    public WorkItem? Was { get; set; }

    /// <summary>It was outstanding.</summary>
    public bool Applied => Was is not null;

    internal override void Forget() => Was = null;
}

/// <summary>Drops a delivery, outstanding or dead: the outcome is <see cref="DeliveryOutcome.Discarded"/>.</summary>
public sealed class DiscardCommand : StoreCommand
{
    /// <inheritdoc/>
    internal override bool IsCostly => false;

    /// <summary>The delivery.</summary>
    public required RecordId Delivery { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Set by the store: its row, if it was outstanding.</summary>
    public WorkItem? Was { get; set; }

    /// <summary>Set by the store: the number of its consumer, if it was a dead letter.</summary>
    public int? DeadOf { get; set; }

    /// <summary>Set by the store: the shard of the dead letter.</summary>
    internal int DeadShard { get; set; }

    /// <summary>It was outstanding or dead.</summary>
    public bool Applied => Was is not null || DeadOf is not null;

    internal override void Forget() => (Was, DeadOf) = (null, null);
}

/// <summary>Makes new deliveries of stored events: a replay of events, or of dead letters.</summary>
public sealed class ReplayCommand : StoreCommand
{
    /// <inheritdoc/>
    internal override bool IsCostly => Job is not null;

    /// <summary>The deliveries to make. Those whose dead letter is replayed or gone by now, or whose event is gone, are left out.</summary>
    public required IReadOnlyList<NewReplay> Replays { get; init; }

    /// <summary>With a job: its progress after this step, written in the same transaction; the command changes nothing if the job is not running.</summary>
    public ReplayJob? Job { get; init; }

    /// <summary>Set by the store: the new work, in the order given.</summary>
    public IReadOnlyList<WorkItem> Created { get; set; } = [];

    internal override void AssignIds(RecordIdGenerator ids)
    {
        foreach (var replay in Replays)
        {
            replay.Id = ids.Next();
        }
    }

    internal override void Forget() => Created = [];
}

/// <summary>A delivery to make again.</summary>
public sealed class NewReplay
{
    /// <summary>The event.</summary>
    public required RecordId EventId { get; init; }

    /// <summary>The consumer's number.</summary>
    public required int Consumer { get; init; }

    /// <summary>The ordering key.</summary>
    public string? OrderingKey { get; init; }

    /// <summary>The dead letter it replays; marked as replayed in the same transaction.</summary>
    public RecordId? DeadLetter { get; init; }

    /// <summary>The shard that it belongs to, 0 to 63; that of its dead letter if it has one. <see langword="null"/> for any, which a shared store chooses.</summary>
    public int? Shard { get; set; }

    /// <summary>Run although the ledger has the message.</summary>
    public bool Force { get; init; }

    /// <summary>The new delivery's id.</summary>
    public RecordId Id { get; internal set; }

    internal WorkItem ToWork() => new()
    {
        Id = Id,
        Consumer = Consumer,
        EventId = EventId,
        OrderingKey = OrderingKey,
        Shard = Shard ?? 0,
        Forced = Force,
        ReplayOf = DeadLetter,
    };
}

/// <summary>Makes a replay job.</summary>
public sealed class CreateReplayJobCommand : StoreCommand
{
    /// <summary>The job; its id and total are set by the store.</summary>
    public required ReplayJob Job { get; set; }

    internal override void AssignIds(RecordIdGenerator ids) => Job = Job with { Id = ids.Next() };
}

/// <summary>Ends a replay job.</summary>
public sealed class EndReplayJobCommand : StoreCommand
{
    /// <summary>The job.</summary>
    public required RecordId Id { get; init; }

    /// <summary>How it ends.</summary>
    public required ReplayState State { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Set by the store: it was running.</summary>
    public bool Applied { get; set; }

    internal override void Forget() => Applied = false;
}

/// <summary>Enables or disables a consumer. Its gate stays as it is: the other side has asked for it.</summary>
public sealed class SetConsumerStateCommand : StoreCommand
{
    /// <summary>The consumer's number.</summary>
    public required int Consumer { get; init; }

    /// <summary>Since when it is disabled, or <see langword="null"/> to enable it.</summary>
    public required DateTimeOffset? DisabledAt { get; init; }

    /// <summary>Why it is disabled.</summary>
    public required string? DisabledReason { get; init; }
}
