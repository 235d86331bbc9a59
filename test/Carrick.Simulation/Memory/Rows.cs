using Carrick.Retry;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Memory;

/// <summary>An event. Rows are immutable and replaced as a whole, so that a copy of the tables is a copy of their references.</summary>
internal sealed record EventRow(long Id, int Integration, EventRecord Record);

internal sealed record KeyRow(long Event, int Integration, string Key, long BodyHash, long Conflicts, long? SharedBody);

/// <param name="Due">Unix milliseconds; 0 for at once.</param>
/// <param name="IsReplay">Made by a replay, of a dead letter or of an event.</param>
internal sealed record WorkRow(long Id, int Consumer, long Event, string? OrderingKey, bool Forced, long? ReplayOf, bool IsReplay)
{
    public long Due { get; init; }

    public int Attempts { get; init; }

    public int Failures { get; init; }

    public int GuardedStarts { get; init; }
}

internal sealed record OutcomeRow(WorkRow Work, DeliveryOutcome Outcome, long At, int Attempts);

internal sealed record DeadRow(WorkRow Work, int Integration, string Type, int Attempts, FailureCategory Category, string Reason, long At, long? ReplayedBy);

internal sealed record ConsumerRow(int Number, string Name, long? DisabledAt, string? DisabledReason, long? GateUntil);

internal sealed record VersionRow(long Version, long At);
