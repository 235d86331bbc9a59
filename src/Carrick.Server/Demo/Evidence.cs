namespace Carrick.Server.Demo;

/// <summary>What each side says happened, gathered when everything is at rest.</summary>
internal sealed record Evidence
{
    /// <summary>The provider: every request with its answer.</summary>
    public required IReadOnlyList<DemoReply> Replies { get; init; }

    /// <summary>The server: every stored event and its message.</summary>
    public required IReadOnlyDictionary<string, MessageKey> Events { get; init; }

    /// <summary>The server: events that the handler skipped as late.</summary>
    public required IReadOnlySet<string> Skipped { get; init; }

    /// <summary>The ledger database: every booking.</summary>
    public required IReadOnlyList<Booking> Bookings { get; init; }

    /// <summary>The ledger database: the balance of each customer.</summary>
    public required IReadOnlyDictionary<string, long> Balances { get; init; }

    /// <summary>The customer: how often each event came with a valid signature and was taken.</summary>
    public required IReadOnlyDictionary<DeliveryKey, int> Delivered { get; init; }

    /// <summary>The customer: requests whose signature did not hold.</summary>
    public long BadSignatures { get; init; }

    /// <summary>The customer: requests before the time of <c>Retry-After</c>.</summary>
    public long Early { get; init; }

    /// <summary>The server: dead letters that were counted before the replays.</summary>
    public long Dead { get; init; }

    /// <summary>The server: dead letters that the replay jobs report as replayed.</summary>
    public long Replayed { get; init; }

    /// <summary>The server: dead letters at the end.</summary>
    public long DeadLeft { get; init; }

    /// <summary>The server: deliveries that have not ended.</summary>
    public long Outstanding { get; init; }
}
