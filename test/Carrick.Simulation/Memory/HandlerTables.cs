using Carrick.Handlers;

namespace Carrick.Simulation.Memory;

/// <summary>What a handler database holds: ledger, versions, outbox, and the effects of handlers in the order in which they were committed.</summary>
internal sealed class HandlerTables
{
    public Dictionary<(string Consumer, string Integration, string MessageId), DateTimeOffset> Ledger { get; } = [];

    public Dictionary<(string Consumer, string Subject), long> Versions { get; } = [];

    public SortedDictionary<long, OutboxMessage> Outbox { get; } = [];

    public List<EffectRow> Effects { get; } = [];

    public long LastOutbox { get; set; }

    /// <summary>Sessions opened.</summary>
    public int Sessions { get; set; }

    /// <summary>Transactions committed: one that began before another ended cannot be committed over it.</summary>
    public long Commits { get; set; }
}

/// <summary>What a handler has booked.</summary>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="MessageId">The message id of the event.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="Sequence">Its number in the subject.</param>
/// <param name="Body">The hash of its bytes.</param>
/// <param name="Reply">The message that was published in the same transaction, as its body names it.</param>
internal sealed record EffectRow(string Consumer, string MessageId, string? Subject, long Sequence, string Body, string? Reply);
