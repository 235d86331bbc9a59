using System.Numerics;

namespace Carrick.Shards;

/// <summary>
/// The shards of this node. All outstanding work is spread over <see cref="Count"/> shards; each belongs to one node, and a store that is not
/// shared has one node, to which all belong. Sets of shards are bit masks. Thread-safe.
/// </summary>
/// <param name="owned">The shards that are owned at first.</param>
internal sealed class ShardSet(ulong owned)
{
    public const int Count = 64;

    /// <summary>Every shard.</summary>
    public const ulong All = ulong.MaxValue;

    /// <summary>Who owns this shard does what one node does for all: retention, replay jobs.</summary>
    public const int Leading = 0;

    private ulong _owned = owned;
    private ulong _leaving;
    private long _currentUntil = long.MaxValue;
    private int _next;

    /// <summary>The shards that belong to this node.</summary>
    public ulong Owned => Volatile.Read(ref _owned);

    /// <summary>The shards whose work this node starts: the owned ones but for those that it is about to give up.</summary>
    public ulong Serving => Owned & ~Volatile.Read(ref _leaving);

    /// <summary>
    /// Whether nobody can have taken the shards over yet. A process that was suspended, or cut off from its store, starts nothing of them before it has
    /// renewed its lease: another node may be at it, and would see two at once, or an older event after a newer.
    /// </summary>
    public bool IsCurrent => TimeProvider.System.GetTimestamp() < Volatile.Read(ref _currentUntil);

    /// <summary>Whether this node does what is done once.</summary>
    public bool IsLeader => Contains(Owned, Leading);

    public static bool Contains(ulong shards, int shard) => ((shards >> shard) & 1) != 0;

    public static ulong Mask(int shard) => 1UL << shard;

    public bool Owns(int shard) => Contains(Owned, shard);

    /// <summary>The lease was renewed.</summary>
    /// <param name="asked">The time stamp of <see cref="TimeProvider.System"/> before the store was asked to.</param>
    /// <param name="lasts">For how long.</param>
    public void Renewed(long asked, TimeSpan lasts) =>
        Volatile.Write(ref _currentUntil, asked + (long)(lasts.TotalSeconds * TimeProvider.System.TimestampFrequency));

    public void Add(ulong shards) => Interlocked.Or(ref _owned, shards);

    public void Remove(ulong shards)
    {
        Interlocked.And(ref _owned, ~shards);
        Interlocked.And(ref _leaving, ~shards);
    }

    /// <summary>Places no new work in these shards; they are owned until <see cref="Remove"/>.</summary>
    public void Leave(ulong shards) => Interlocked.Or(ref _leaving, shards);

    /// <summary>They are not given up after all.</summary>
    public void Stay(ulong shards) => Interlocked.And(ref _leaving, ~shards);

    /// <summary>A shard for work that may be anywhere: one of this node's in turn, so that they fill evenly and each part of them can move.</summary>
    public int Next()
    {
        var serving = Serving;
        if (serving == 0)
        {
            // A node without shards receives for the others.
            return Next(All);
        }

        return Next(serving);
    }

    private int Next(ulong among)
    {
        var start = (int)((uint)Interlocked.Increment(ref _next) % Count);
        return (start + BitOperations.TrailingZeroCount(BitOperations.RotateRight(among, start))) % Count;
    }
}
