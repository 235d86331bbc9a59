using System.Numerics;

namespace Carrick.Shards;

/// <summary>The nodes of a shared store at one moment.</summary>
/// <param name="Self">The id of this node.</param>
/// <param name="Nodes">In the order in which they joined.</param>
internal sealed record ClusterView(long Self, IReadOnlyList<NodeView> Nodes)
{
    /// <summary>The shards that no live node has.</summary>
    public ulong Free => ~Nodes.Where(node => !node.IsDead).Aggregate(0UL, (all, node) => all | node.Shards);
}

/// <summary>A node.</summary>
/// <param name="Id">Its id, which is given once: the epoch of all that it does.</param>
/// <param name="Name">Machine and process.</param>
/// <param name="Age">Since it has joined.</param>
/// <param name="Shards">What belongs to it.</param>
/// <param name="Remaining">Until its lease ends.</param>
/// <param name="HasSession">Whether the server still has the session on which it renews its lease; <see langword="true"/> if that cannot be told.</param>
/// <param name="IsDead">Its lease has ended, or its session is gone and did not come back.</param>
internal sealed record NodeView(long Id, string Name, TimeSpan Age, ulong Shards, TimeSpan Remaining, bool HasSession, bool IsDead)
{
    public int ShardCount => BitOperations.PopCount(Shards);
}
