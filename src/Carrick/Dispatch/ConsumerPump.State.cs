using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Dispatch;

/// <content>
/// Whether attempts may start. <see cref="State"/> is what the store has: it is changed on the commit thread only, in the order of the commits, so that memory and store end
/// equal whatever operators and endpoints do at once. What an attempt has learnt holds attempts back before that, and changes nothing else.
/// </content>
internal sealed partial class ConsumerPump
{
    // The other side has asked, and the commit that says so is under way.
    private DateTimeOffset? _holdUntil;

    // Deliveries whose attempt was told that the endpoint is gone, until their end is durable.
    private HashSet<RecordId>? _saidGone;

    private volatile string? _notRecorded;

    /// <summary>The consumer as the store has it.</summary>
    public ConsumerState State { get; private set; }

    /// <summary>Whether an attempt may start now, for a runner that asks right before it does.</summary>
    public bool MayStart()
    {
        lock (_gate)
        {
            return MayStart(_time.GetUtcNow());
        }
    }

    /// <summary>Whether this node may run what it has: see <see cref="Shards.ShardSet.IsCurrent"/>.</summary>
    public bool IsCurrent => _shards.IsCurrent;

    /// <summary>Disables the consumer, or enables it with no time. A closed gate stays closed.</summary>
    public void SetDisabled(DateTimeOffset? at, string? reason)
    {
        lock (_gate)
        {
            State = State with { DisabledAt = UnixTime.From(UnixTime.Of(at)), DisabledReason = reason };
        }

        _wakeup.Set();
    }

    /// <summary>Disables the consumer unless it is disabled already.</summary>
    public void Disable(DateTimeOffset at, string reason)
    {
        if (State.DisabledAt is null)
        {
            SetDisabled(at, reason);
        }
    }

    /// <summary>The consumer as the store has it, after another node has changed it.</summary>
    public void SetState(ConsumerState state)
    {
        lock (_gate)
        {
            State = state;
        }

        _wakeup.Set();
    }

    /// <summary>Closes the gate of the whole consumer: no attempt before this time.</summary>
    public void CloseGate(DateTimeOffset until)
    {
        lock (_gate)
        {
            if (State.GateUntil is null || until > State.GateUntil)
            {
                State = State with { GateUntil = until };
            }
        }
    }

    /// <summary>Starts no attempt before this time, although no gate is durable yet that says so.</summary>
    public void HoldUntil(DateTimeOffset until)
    {
        lock (_gate)
        {
            if (_holdUntil is null || until > _holdUntil)
            {
                _holdUntil = until;
            }
        }
    }

    /// <summary>Starts no attempt until this delivery has ended.</summary>
    public void HoldFor(WorkItem item)
    {
        lock (_gate)
        {
            (_saidGone ??= []).Add(item.Id);
        }
    }

    /// <summary>An attempt has ended and nobody knows how; its delivery stands still until the next start.</summary>
    public void NotRecorded(Exception exception) =>
        _notRecorded = $"Consumer '{Definition.Name}': the outcome of an attempt could not be recorded ({exception.GetType().Name}); the next start runs its delivery again.";

    private bool MayStart(DateTimeOffset now) =>
        !_stopping && State.DisabledAt is null && _saidGone is not { Count: > 0 } && !(OpensAt() > now) && _shards.IsCurrent;

    private DateTimeOffset? OpensAt() => _holdUntil > State.GateUntil ? _holdUntil : State.GateUntil ?? _holdUntil;
}
