namespace Carrick.Storage.Commands;

/// <summary>One change of the store. Many commands are committed together; the store sets the result properties of each.</summary>
public abstract class StoreCommand
{
    private TaskCompletionSource _done = NewDone();

    /// <summary>Who asked for it and why, written to <c>audit</c> in the same transaction; <see langword="null"/> for the engine's own work.</summary>
    public AuditEntry? Audit { get; init; }

    /// <summary>Ends when the command is durable, or failed.</summary>
    internal Task Done => _done.Task;

    /// <summary>It is not refused while the store cannot write, but held and tried again.</summary>
    internal virtual bool IsHeld => false;

    /// <summary>It takes statements of its own, while all nodes of a shared store wait: only a few are taken into one commit.</summary>
    internal virtual bool IsCostly => true;

    /// <summary>Gives new records their ids, in the order of commit.</summary>
    internal virtual void AssignIds(RecordIdGenerator ids)
    {
    }

    /// <summary>Takes back what the store has set, because its transaction is lost.</summary>
    internal virtual void Forget()
    {
    }

    /// <summary>Takes out what the database may refuse and nothing depends on, so that the command can be tried once more.</summary>
    /// <returns><see langword="false"/> if there is nothing to take out.</returns>
    internal virtual bool Reduce() => false;

    /// <summary>Makes a command that has failed fit to be queued once more.</summary>
    internal void Renew() => _done = NewDone();

    /// <summary>What it is, for the log: names and our own ids, nothing of what it holds.</summary>
    internal virtual string Describe() => GetType().Name;

    internal void Succeed() => _done.TrySetResult();

    internal void Fail(Exception exception) => _done.TrySetException(exception);

    private static TaskCompletionSource NewDone() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A line of the audit log.</summary>
/// <param name="At">When.</param>
/// <param name="Actor">Who: an API key's id and name, or <c>system</c>.</param>
/// <param name="Action">What, such as <c>delivery.retry</c>.</param>
/// <param name="Target">On what.</param>
/// <param name="Reason">Why, if given.</param>
public sealed record AuditEntry(DateTimeOffset At, string Actor, string Action, string Target, string? Reason);
