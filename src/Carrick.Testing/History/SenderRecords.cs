namespace Carrick.Testing.History;

/// <summary>A sender is about to send a message. Written before the first byte leaves.</summary>
/// <param name="At">When.</param>
/// <param name="Message">The message id.</param>
/// <param name="Subject">The subject, if it has one.</param>
/// <param name="Sequence">The number of the message within its subject; grows.</param>
public sealed record Sent(DateTimeOffset At, string Message, string? Subject, long Sequence) : HistoryRecord
{
    /// <summary>Its signature is wrong on purpose: it must be refused, and nothing of it may be stored.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Forged { get; init; }

    /// <summary>The <see cref="BodyHash"/> of what was sent.</summary>
    /// <value>Default <see langword="null"/>: not known.</value>
    public string? Body { get; init; }
}

/// <summary>The engine answered 2xx.</summary>
/// <param name="At">When the answer was read.</param>
/// <param name="Message">The message id.</param>
/// <param name="Event">The event's id in the answer.</param>
/// <param name="Duplicate">What the answer says.</param>
public sealed record Acked(DateTimeOffset At, string Message, string Event, bool Duplicate) : HistoryRecord;

/// <summary>The engine answered that it did not take the message: nothing may be stored of it.</summary>
/// <param name="At">When the answer was read.</param>
/// <param name="Message">The message id.</param>
/// <param name="Status">The HTTP status.</param>
public sealed record Refused(DateTimeOffset At, string Message, int Status) : HistoryRecord;

/// <summary>No answer was read: the message may be stored or not.</summary>
/// <param name="At">When the sender gave up.</param>
/// <param name="Message">The message id.</param>
public sealed record OutcomeUnknown(DateTimeOffset At, string Message) : HistoryRecord;
