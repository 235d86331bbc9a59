namespace Carrick.Storage.Rows;

/// <summary>The ids of one database: they share their low half, so a row keeps only the key.</summary>
/// <param name="Low">The low half.</param>
internal readonly record struct IdSpace(ulong Low)
{
    /// <summary>Whether the id can be in this database.</summary>
    public bool Owns(RecordId id) => id.Low == Low;

    public RecordId Make(long key) => RecordId.FromKey(key, Low);

    public RecordId? Make(long? key) => key is { } value ? Make(value) : null;
}
