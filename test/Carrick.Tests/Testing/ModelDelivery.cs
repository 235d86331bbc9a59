using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

internal sealed record ModelDelivery(string Id, string Event, DeclaredConsumer Consumer, string Message, string Subject, long Sequence)
{
    public DeliveryStanding State { get; set; } = DeliveryStanding.Outstanding;

    public DateTimeOffset? DueAt { get; set; }

    public bool Replay { get; init; }

    public bool Replayed { get; set; }

    public List<StoredAttempt> Attempts { get; } = [];

    public bool IsDelayed => Attempts.Count > 0;

    public StoredDelivery ToRecord() => new(Id, Event, Consumer.Name, State, Attempts.Count)
    {
        DueAt = State == DeliveryStanding.Outstanding && IsDelayed ? DueAt : null,
        Reason = State == DeliveryStanding.Dead ? "No attempts left." : null,
        Replay = Replay,
        Replayed = Replayed,
    };
}
