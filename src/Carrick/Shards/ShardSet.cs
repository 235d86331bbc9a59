using System.Numerics;

namespace Carrick.Shards;

/// <summary>
/// The shards of this node. All outstanding work is spread over <see cref="Count"/> shards; each belongs to one node, and a store that is not
/// shared has one node, to which all belong. Sets of shards are bit masks. Thread-safe.
/// </summary>
/// <param name="owned">The shards that are owned at first.</param>
/// <param name="time">The clocks of the lease; by default those of the machine.</param>
internal sealed class ShardSet(ulong owned, TimeProvider? time = null)
{
    public const int Count = 64;

    /// <summary>Every shard.</summary>
    public const ulong All = ulong.MaxValue;

    /// <summary>Who owns this shard does what one node does for all: retention, replay jobs.</summary>
    public const int Leading = 0;

    private ulong _owned = owned;
    private ulong _leaving;
    private readonly Lease _lease = new(time ?? TimeProvider.System);
    private int _next;

    /// <summary>The shards that belong to this node.</summary>
    public ulong Owned => Volatile.Read(ref _owned);

    /// <summary>The shards whose work this node starts: the owned ones but for those that it is about to give up.</summary>
    public ulong Serving => Owned & ~Volatile.Read(ref _leaving);

    /// <inheritdoc cref="Lease.IsCurrent"/>
    public bool IsCurrent => _lease.IsCurrent;

    /// <summary>Why nothing of the shards starts, or <see langword="null"/>.</summary>
    public string? Problem => IsCurrent ? null : "The lease of this node was not renewed in time, or the machine was paused: nothing starts until the store has confirmed it.";

    /// <summary>Whether this node does what is done once.</summary>
    public bool IsLeader => Contains(Owned, Leading);

    public static bool Contains(ulong shards, int shard) => ((shards >> shard) & 1) != 0;

    public static ulong Mask(int shard) => 1UL << shard;

    public bool Owns(int shard) => Contains(Owned, shard);

    /// <inheritdoc cref="Lease.Ask"/>
    public long Ask() => _lease.Ask();

    /// <inheritdoc cref="Lease.Renewed"/>
    public void Renewed(long asked, TimeSpan lasts) => _lease.Renewed(asked, lasts);

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
