using Carrick.Shards;

namespace Carrick.Storage.Rows;

/// <summary>What writer and readers share: the ids' low half and the names. Set when the store is opened; thread-safe.</summary>
internal sealed class StoreState
{
    private volatile Names _names = Names.Empty;

    public IdSpace Ids { get; set; }

    /// <summary>The shards of this node; all of them in a store that is not shared.</summary>
    public ShardSet Shards { get; init; } = new(ShardSet.All);

    public Names Names
    {
        get => _names;
        set => _names = value;
    }
}
