using Carrick.Dispatch;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Handlers;

/// <summary>What one outer transaction of a handler session holds. Used by one loop.</summary>
internal sealed class HandlerBatch
{
    /// <summary>How fast the handlers of the loop are, over its batches.</summary>
    public HandlerPace Pace { get; } = new();

    /// <summary>Deliveries that the session was told of and that have not begun.</summary>
    public Queue<HandlerEntry> Announced { get; } = new();

    /// <summary>Whether the session was told of any.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>Deliveries whose effects are in the transaction.</summary>
    public List<(WorkCommand Command, ConsumerPump Pump)> Kept { get; } = [];

    /// <summary>Deliveries that somebody else has finished.</summary>
    public List<(WorkCommand Command, ConsumerPump Pump)> Lost { get; } = [];

    /// <summary>Deliveries without effects in it: failed, late, or processed before.</summary>
    public List<(WorkCommand Command, ConsumerPump Pump)> ToRecord { get; } = [];

    /// <summary>Messages in the outbox that go out after the commit.</summary>
    public List<OutboxMessage> Published { get; } = [];

    /// <summary>Rows of the outbox that the transaction deletes.</summary>
    public IReadOnlyList<long> OutboxDeleted { get; set; } = [];

    /// <summary>The delivery that is begun or whose handler is running.</summary>
    public HandlerEntry? Current { get; set; }

    /// <summary>The delivery that was kept last, until it is known that its handler has left the transaction as it must be.</summary>
    public HandlerEntry? Unchecked { get; set; }

    /// <summary>Whose handler has spoilt the transaction, if it is spoilt.</summary>
    public HandlerEntry? Suspect => Unchecked ?? Current;

    /// <summary>The stop has cancelled it: it is as if it had not been tried, whatever becomes of the transaction.</summary>
    public bool IsCancelled { get; set; }

    public int Count => Kept.Count + Lost.Count + ToRecord.Count;

    public void Keep(WorkCommand command, ConsumerPump pump)
    {
        Kept.Add((command, pump));
        Unchecked = new HandlerEntry(command.Item, pump);
    }

    public void Lose(WorkCommand command, ConsumerPump pump) => Lost.Add((command, pump));

    public void Record(WorkCommand command, ConsumerPump pump) => ToRecord.Add((command, pump));

    /// <summary>Takes back what a handler published before it failed.</summary>
    public void Unpublish(int from) => Published.RemoveRange(from, Published.Count - from);

    public void Clear()
    {
        Kept.Clear();
        Lost.Clear();
        Announced.Clear();
        IsAnnounced = false;
        ToRecord.Clear();
        Published.Clear();
        OutboxDeleted = [];
        Current = null;
        Unchecked = null;
        IsCancelled = false;
    }
}

/// <summary>A delivery on its way to a handler.</summary>
internal readonly record struct HandlerEntry(WorkItem Item, ConsumerPump Pump);
