using Carrick.Retry;

namespace Carrick.Storage.Commands;

/// <summary>A change that only the owner of the work row can make: <see cref="Applied"/> is <see langword="false"/> if the row or the epoch is gone, and then nothing of the delivery changes.</summary>
public abstract class WorkCommand : StoreCommand
{
    /// <summary>The delivery.</summary>
    public required WorkItem Item { get; init; }

    /// <summary>The attempt that led to it, or <see langword="null"/>.</summary>
    public AttemptRecord? Attempt { get; internal set; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Set by the store: the row was there and ours.</summary>
    public bool Applied { get; set; }

    /// <summary>In place of a text that the database refuses.</summary>
    private protected const string Unstorable = "The database refused the text of the error.";

    internal override bool IsHeld => true;

    internal override bool IsCostly => false;

    internal override void Forget() => Applied = false;

    /// <inheritdoc/>
    internal override string Describe() => $"the end of delivery {Item.Id.ToString(IdPrefix.Delivery)}";

    /// <inheritdoc/>
    internal override bool Reduce()
    {
        if (Attempt is not { Error: { } error } attempt || error == Unstorable)
        {
            return false;
        }

        Attempt = attempt with { Error = Unstorable };
        return true;
    }
}

/// <summary>Ends a delivery: deletes the work row, writes the attempt and the outcome.</summary>
public sealed class CompleteCommand : WorkCommand
{
    /// <summary>How it ended.</summary>
    public required DeliveryOutcome Outcome { get; init; }

    /// <summary>What the consumer has of a subject now; kept if it is the newest. <see langword="null"/> for consumers whose versions the store does not keep.</summary>
    public SubjectVersion? Delivered { get; internal set; }

    /// <inheritdoc/>
    internal override bool Reduce()
    {
        var reduced = base.Reduce() || Delivered is not null;
        Delivered = null;
        return reduced;
    }
}

/// <summary>A version of a subject.</summary>
/// <param name="Subject">The subject.</param>
/// <param name="Version">The version: a time or a sequence.</param>
public readonly record struct SubjectVersion(string Subject, long Version);

/// <summary>Puts a delivery off: sets due time and counters of the work row, writes the attempt.</summary>
public sealed class RetryCommand : WorkCommand
{
    /// <summary>When the next attempt is due.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Attempts made, this one included.</summary>
    public required int Attempts { get; init; }

    /// <summary>Attempts that used up budget.</summary>
    public required int Failures { get; init; }

    /// <summary>No attempt of the whole consumer before this time, if the other side said so. It holds for the consumer also when the work row is gone.</summary>
    public DateTimeOffset? GateUntil { get; init; }
}

/// <summary>Gives up: moves the work row to the dead letters, writes the attempt.</summary>
public sealed class DeadLetterCommand : WorkCommand
{
    /// <summary>Why.</summary>
    public required FailureCategory Category { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Reason { get; set; }

    /// <summary>Disable the consumer in the same transaction (410), with this reason.</summary>
    public string? DisableReason { get; internal set; }

    /// <inheritdoc/>
    internal override bool Reduce()
    {
        var reduced = base.Reduce() || Reason != Unstorable;
        (Reason, DisableReason) = (Unstorable, DisableReason is null ? null : Unstorable);
        return reduced;
    }
}

/// <summary>Counts a start of a delivery under guard; a later <see cref="RetryCommand"/> sets the count back.</summary>
public sealed class RecordStartCommand : WorkCommand
{
    /// <inheritdoc/>
    internal override bool IsCostly => true;

    /// <summary>Set by the store: starts without an end, this one included.</summary>
    public int Starts { get; set; }
}

/// <summary>How a delivery ended.</summary>
public enum DeliveryOutcome
{
    /// <summary>Done.</summary>
    Succeeded = 1,

    /// <summary>A late event.</summary>
    Skipped = 2,

    /// <summary>An operator dropped it.</summary>
    Discarded = 3,
}
