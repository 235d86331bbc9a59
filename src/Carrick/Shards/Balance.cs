using System.Numerics;

namespace Carrick.Shards;

/// <summary>
/// What a node does about the shards: each decides for itself, by the same view, and the store decides between two that want the same. Every node comes
/// to have its even share, rounded down or up, and a node that has that gives up nothing and takes nothing that another lacks.
/// </summary>
internal static class Balance
{
    /// <summary>A node gets nothing of others before it is so old: one that dies at once, again and again, would set all shards in motion each time.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    /// <param name="view">The nodes.</param>
    /// <param name="owned">What this node knows it owns. The store may have more for it, from a commit whose outcome was not known.</param>
    public static BalanceStep Decide(ClusterView view, ulong owned)
    {
        long[] dead = [.. view.Nodes.Where(node => node.IsDead && node.Id != view.Self).Select(node => node.Id)];
        var live = view.Nodes.Where(node => !node.IsDead || node.Id == view.Self).ToList();
        if (!live.Exists(node => node.Id == view.Self))
        {
            return BalanceStep.None;
        }

        var others = live.Where(node => node.Id != view.Self).ToList();
        var taken = others.Aggregate(0UL, (all, node) => all | node.Shards) | owned;
        var mine = view.Nodes.First(node => node.Id == view.Self).Shards & ~owned;
        var free = ~taken;
        var (floor, ceiling) = Share(live.Count);
        var count = BitOperations.PopCount(owned);
        var take = Math.Max(0, floor - count);
        var lacking = others.Sum(node => Math.Max(0, floor - node.ShardCount));
        if (BitOperations.PopCount(free) - take - lacking > 0 && Math.Max(count, floor) < ceiling)
        {
            take = ceiling - count;
        }

        var wanted = Lowest(free & ~mine, take);
        var isCalm = (wanted | mine) == 0 && dead.Length == 0;
        return new BalanceStep(dead, wanted, mine, isCalm ? ToGive(live, owned, floor, ceiling) : 0);
    }

    /// <summary>The even share of one of so many nodes, rounded down and up.</summary>
    public static (int Floor, int Ceiling) Share(int nodes) => (ShardSet.Count / nodes, (ShardSet.Count + nodes - 1) / nodes);

    /// <summary>The first of these shards.</summary>
    public static ulong Lowest(ulong shards, int count)
    {
        var chosen = 0UL;
        for (; count > 0 && shards != 0; count--)
        {
            chosen |= shards & (~shards + 1);
            shards &= shards - 1;
        }

        return chosen;
    }

    private static ulong ToGive(List<NodeView> live, ulong owned, int floor, int ceiling)
    {
        if (live.Exists(node => node.Age < Settled))
        {
            return 0;
        }

        var count = BitOperations.PopCount(owned);
        var lacking = live.Exists(node => node.ShardCount < floor);
        var keep = count > ceiling ? (lacking ? Math.Max(floor, ceiling - 1) : ceiling) : lacking && count > floor ? floor : count;
        // The leader stays the leader. The highest go, as the lowest are taken first.
        var gives = 0UL;
        for (var shard = ShardSet.Count - 1; shard > ShardSet.Leading && count > keep; shard--)
        {
            if (ShardSet.Contains(owned, shard))
            {
                gives |= ShardSet.Mask(shard);
                count--;
            }
        }

        return gives;
    }
}

/// <summary>What to do.</summary>
/// <param name="Fence">Nodes to take for dead.</param>
/// <param name="Take">Shards to take.</param>
/// <param name="Recover">Shards that the store has for this node, which does not know of them.</param>
/// <param name="Give">Shards to give up.</param>
internal sealed record BalanceStep(IReadOnlyList<long> Fence, ulong Take, ulong Recover, ulong Give)
{
    public static BalanceStep None { get; } = new([], 0, 0, 0);
}
