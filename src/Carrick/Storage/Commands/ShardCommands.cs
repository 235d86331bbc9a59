using System.Collections.ObjectModel;

namespace Carrick.Storage.Commands;

/// <summary>Takes shards that belong to no live node, and counts what is in them.</summary>
internal sealed class AcquireShardsCommand : StoreCommand
{
    /// <summary>Nodes that are taken for dead. Those that are not, by the time of the commit, keep what they have.</summary>
    public required IReadOnlyCollection<long> Fence { get; init; }

    /// <summary>The shards to take.</summary>
    public required ulong Take { get; init; }

    /// <summary>Shards that the store has for this node by a commit of whose outcome it was not told.</summary>
    public required ulong Recover { get; init; }

    /// <summary>Set by the store: the shards taken.</summary>
    public ulong Taken { get; set; }

    /// <summary>Set by the store: nodes that were fenced by this command.</summary>
    public IReadOnlyList<long> Fenced { get; set; } = [];

    /// <summary>Set by the store: what is in the shards taken, by consumer number.</summary>
    public IReadOnlyDictionary<int, ConsumerDepth> Depths { get; set; } = ReadOnlyDictionary<int, ConsumerDepth>.Empty;

    /// <summary>Set by the store: the state of every consumer.</summary>
    public IReadOnlyList<ConsumerState> States { get; set; } = [];

    internal override void Forget() => (Taken, Fenced, Depths, States) = (0, [], ReadOnlyDictionary<int, ConsumerDepth>.Empty, []);
}

/// <summary>Gives shards up, and counts what is in them. Nothing of them is under way any more.</summary>
internal sealed class ReleaseShardsCommand : StoreCommand
{
    /// <summary>The shards.</summary>
    public required ulong Shards { get; init; }

    /// <summary>Set by the store: what is in them, by consumer number.</summary>
    public IReadOnlyDictionary<int, ConsumerDepth> Depths { get; set; } = ReadOnlyDictionary<int, ConsumerDepth>.Empty;

    internal override void Forget() => Depths = ReadOnlyDictionary<int, ConsumerDepth>.Empty;
}

/// <summary>Counts what consumers have in the shards of this node, as of this commit.</summary>
internal sealed class CountDepthsCommand : StoreCommand
{
    /// <summary>The consumers' numbers.</summary>
    public required IReadOnlyCollection<int> Consumers { get; init; }

    /// <summary>Set by the store: by consumer number.</summary>
    public IReadOnlyDictionary<int, ConsumerDepth> Depths { get; set; } = ReadOnlyDictionary<int, ConsumerDepth>.Empty;

    /// <summary>Set by the store: their states.</summary>
    public IReadOnlyList<ConsumerState> States { get; set; } = [];

    internal override bool IsHeld => true;

    internal override void Forget() => (Depths, States) = (ReadOnlyDictionary<int, ConsumerDepth>.Empty, []);
}

/// <summary>Changes nothing: asks what other nodes have committed.</summary>
internal sealed class NewsCommand : StoreCommand;
