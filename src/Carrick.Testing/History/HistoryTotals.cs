namespace Carrick.Testing.History;

/// <summary>What a history holds, in lines of each kind.</summary>
public sealed class HistoryTotals
{
    /// <summary>Requests of senders.</summary>
    public long Sent { get; internal set; }

    /// <summary>Answers of 2xx.</summary>
    public long Acked { get; internal set; }

    /// <summary>Of these, duplicates.</summary>
    public long Duplicates { get; internal set; }

    /// <summary>Messages with at least one answer of 2xx.</summary>
    public long MessagesAcked { get; internal set; }

    /// <summary>Refusals.</summary>
    public long Refused { get; internal set; }

    /// <summary>Requests without an answer.</summary>
    public long Unknown { get; internal set; }

    /// <summary>Events in the store.</summary>
    public long Events { get; internal set; }

    /// <summary>Deliveries in the store.</summary>
    public long Deliveries { get; internal set; }

    /// <summary>Of these, succeeded.</summary>
    public long Succeeded { get; internal set; }

    /// <summary>Of these, dead letters.</summary>
    public long Dead { get; internal set; }

    /// <summary>Attempts in the store.</summary>
    public long Attempts { get; internal set; }

    /// <summary>Effects of handlers.</summary>
    public long Effects { get; internal set; }

    /// <summary>Requests at receivers.</summary>
    public long Received { get; internal set; }

    /// <summary>Files whose last line was cut off.</summary>
    public long TornFiles { get; internal set; }
}
