namespace Carrick.Testing.History.Checks;

internal readonly record struct AttemptFacts : IComparable<AttemptFacts>
{
    public required int Delivery { get; init; }

    public required int Number { get; init; }

    public required long Start { get; init; }

    public required long End { get; init; }

    public required long NextDue { get; init; }

    public required int Status { get; init; }

    public required bool Succeeded { get; init; }

    public required bool HasError { get; init; }

    public required bool Throttled { get; init; }

    public required bool Final { get; init; }

    public int CompareTo(AttemptFacts other) => Delivery != other.Delivery ? Delivery.CompareTo(other.Delivery)
        : Number != other.Number ? Number.CompareTo(other.Number)
        : Start.CompareTo(other.Start);
}
