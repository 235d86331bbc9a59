using Carrick.Storage.Search;

namespace Carrick.Storage.Commands;

/// <summary>Stores a block for searches, behind those of its kind. One that is there stays.</summary>
internal sealed class SealBlockCommand : StoreCommand
{
    /// <summary>The block.</summary>
    public required SearchBlock Block { get; init; }
}
