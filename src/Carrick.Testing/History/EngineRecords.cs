using System.Text.Json.Serialization;

namespace Carrick.Testing.History;

/// <summary>An event in the engine's store.</summary>
/// <param name="Event">Its id.</param>
/// <param name="Integration">Its integration.</param>
/// <param name="Message">Its message id.</param>
/// <param name="Published">It was published by code, not sent by a sender of this history.</param>
public sealed record StoredEvent(string Event, string Integration, string Message, bool Published = false) : HistoryRecord;

/// <summary>A delivery in the engine's store.</summary>
/// <param name="Delivery">Its id.</param>
/// <param name="Event">The event's id.</param>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="State">How it stands.</param>
/// <param name="Attempts">How many attempts it says it had.</param>
public sealed record StoredDelivery(string Delivery, string Event, string Consumer, DeliveryStanding State, int Attempts) : HistoryRecord
{
    /// <summary>When the next attempt is due; <see langword="null"/> for at once.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>For a dead letter: why.</summary>
    public string? Reason { get; init; }

    /// <summary>It killed its host, so that its effect may stand although it is dead.</summary>
    public bool Poison { get; init; }

    /// <summary>It replays another delivery of the same event and consumer.</summary>
    public bool Replay { get; init; }

    /// <summary>It was replayed by another delivery.</summary>
    public bool Replayed { get; init; }

    /// <summary>It runs although the ledger has the message.</summary>
    public bool Forced { get; init; }
}

/// <summary>How a delivery stands at rest.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeliveryStanding>))]
public enum DeliveryStanding
{
    /// <summary>Outstanding: pending, running or retrying.</summary>
    Outstanding,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>A dead letter.</summary>
    Dead,

    /// <summary>Dropped by an operator.</summary>
    Discarded,

    /// <summary>A late event.</summary>
    Skipped,
}

/// <summary>An attempt in the engine's store.</summary>
/// <param name="Delivery">The delivery's id.</param>
/// <param name="Number">From 1.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Succeeded">Whether it succeeded.</param>
/// <param name="Status">The HTTP status, if there was a response.</param>
/// <param name="Error">The error, if it failed.</param>
/// <param name="NextDueAt">When the next attempt is due, if there is to be one.</param>
public sealed record StoredAttempt(
    string Delivery, int Number, DateTimeOffset StartedAt, TimeSpan Duration, bool Succeeded, int? Status, string? Error, DateTimeOffset? NextDueAt) : HistoryRecord
{
    /// <summary>The other side asked for less: it uses up no budget, and its delay is not the policy's.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Throttled { get; init; }

    /// <summary>It failed for good: no budget has to be used up before the delivery is dead.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Final { get; init; }
}

/// <summary>Depths that the engine reported at rest.</summary>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="Ready">Due at once.</param>
/// <param name="Delayed">Waiting for a due time.</param>
/// <param name="Dead">Dead letters that were neither replayed nor discarded.</param>
public sealed record ReportedDepth(string Consumer, long Ready, long Delayed, long Dead) : HistoryRecord;

/// <summary>An operator changed the due time of a delivery, so that it may run before.</summary>
/// <param name="Delivery">The delivery's id.</param>
public sealed record OperatorActed(string Delivery) : HistoryRecord;

/// <summary>The engine's process was killed and has ended. Written before it is started again, so that it parts its lives.</summary>
/// <param name="At">When.</param>
public sealed record Killed(DateTimeOffset At) : HistoryRecord;

/// <summary>The run was drained before the store was read: nothing may be outstanding.</summary>
/// <param name="At">When.</param>
public sealed record Drained(DateTimeOffset At) : HistoryRecord;
