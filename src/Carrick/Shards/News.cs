using Carrick.Storage;

namespace Carrick.Shards;

/// <summary>What other nodes have committed that concerns this one.</summary>
/// <param name="Handed">Deliveries that they placed in shards of this node, in the order of commit.</param>
/// <param name="Changes">What they did to deliveries of this node, and to what all share, in the order of commit.</param>
internal sealed record News(IReadOnlyList<WorkItem> Handed, IReadOnlyList<Change> Changes);

/// <summary>Something that another node did.</summary>
internal sealed record Change(ChangeKind Kind)
{
    /// <summary>The consumer's number.</summary>
    public int Consumer { get; init; }

    /// <summary>The row of the delivery before it.</summary>
    public WorkItem? Was { get; init; }

    /// <summary>How many dead letters.</summary>
    public int Count { get; init; }

    /// <summary>The consumer's state now.</summary>
    public ConsumerState? State { get; init; }
}

/// <summary>Kinds of <see cref="Change"/>; the numbers are stored.</summary>
internal enum ChangeKind
{
    /// <summary>A delivery was made due at once.</summary>
    Requeued = 1,

    /// <summary>A delivery was discarded.</summary>
    Discarded = 2,

    /// <summary>Dead letters were replayed, discarded or deleted.</summary>
    DeadLeft = 3,

    /// <summary>A consumer was disabled or enabled.</summary>
    Consumer = 4,

    /// <summary>New names have got numbers.</summary>
    Names = 5,

    /// <summary>Another configuration was stored.</summary>
    Configuration = 6,

    /// <summary>A replay job was made.</summary>
    Replay = 7,
}
