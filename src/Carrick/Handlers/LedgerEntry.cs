namespace Carrick.Handlers;

/// <summary>The row of <c>processed_events</c> that makes an effect happen once.</summary>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="Integration">The integration's name; keys are unique within it.</param>
/// <param name="MessageId">The key of deduplication: the message id, or the message id with the digest of the body.</param>
/// <param name="At">Now.</param>
/// <param name="Force">Run although the ledger has the row (a forced replay).</param>
/// <param name="Subject">With <paramref name="Version"/>: the late-event check.</param>
/// <param name="Version">The version of the subject, or <see langword="null"/> for no check.</param>
public readonly record struct LedgerEntry(
    string Consumer, string Integration, string MessageId, DateTimeOffset At, bool Force, string? Subject, long? Version);

/// <summary>A place in the ledger, in the order of its primary key.</summary>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="Integration">The integration's name.</param>
/// <param name="MessageId">The message id.</param>
public readonly record struct LedgerCursor(string Consumer, string Integration, string MessageId)
{
    /// <summary>Before the first row.</summary>
    public static LedgerCursor Start { get; } = new("", "", "");
}

/// <summary>What the ledger says of a delivery.</summary>
public enum LedgerVerdict
{
    /// <summary>Not seen: run the handler.</summary>
    First,

    /// <summary>Already processed: complete without running.</summary>
    AlreadyProcessed,

    /// <summary>Older than the newest version applied to its subject: skip. The ledger row is kept.</summary>
    Late,
}
