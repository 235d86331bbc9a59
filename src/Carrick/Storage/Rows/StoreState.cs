
namespace Carrick.Storage.Rows;

/// <summary>What writer and readers share: the ids' low half and the names. Set when the store is opened; thread-safe.</summary>
internal sealed class StoreState
{
    private volatile Names _names = Names.Empty;

    public IdSpace Ids { get; set; }

    public Names Names
    {
        get => _names;
        set => _names = value;
    }
}
