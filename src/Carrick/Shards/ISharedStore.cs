using Carrick.Storage;

namespace Carrick.Shards;

/// <summary>
/// A store that several nodes use at once. It gives the ids itself, in the order in which all nodes commit, and tells with each commit what the others
/// have done since the last one.
/// </summary>
internal interface ISharedStore : IStore
{
    /// <summary>The shards of this node. Opening the store takes the first; from then on they are changed by whoever is told of a durable
    /// <see cref="Storage.Commands.AcquireShardsCommand"/> or <see cref="Storage.Commands.ReleaseShardsCommand"/>, in the order of the commands.</summary>
    ShardSet Shards { get; }

    /// <summary>Called from the loop that renews the lease, with what it has seen.</summary>
    Action<ClusterView>? Seen { get; set; }

    /// <summary>Called from the same loop when another node has committed something that may concern this one: the next commit tells it.</summary>
    Action? Told { get; set; }

    /// <summary>What other nodes have done, by the commit that has just ended; <see langword="null"/> if nothing. Called on the commit thread, once after each commit.</summary>
    News? TakeNews();

    /// <summary>Ends what nodes still have open if they are dead as far as the server can tell: nobody shall wait for a process that stands still in a transaction.</summary>
    ValueTask EndSessionsAsync(IReadOnlyCollection<long> nodes, CancellationToken cancellationToken);

    /// <summary>The nodes as they are now.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    ValueTask<ClusterView> ReadNodesAsync(CancellationToken cancellationToken);
}
