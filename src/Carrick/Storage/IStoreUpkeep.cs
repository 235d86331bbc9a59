using Carrick.Storage.Search;

namespace Carrick.Storage;

/// <summary>What a store does for itself behind what is received, and outside of the commits. One caller at a time for each method.</summary>
internal interface IStoreUpkeep
{
    /// <summary>What makes the next block for searches, if there are rows enough that no block holds.</summary>
    ValueTask<SearchBlock?> ReadNextBlockAsync(BlockKind kind, CancellationToken cancellationToken);

    /// <summary>Drops whole what is past its retention and was closed by a <see cref="Commands.RetentionCommand"/>, without anybody waiting for it.</summary>
    ValueTask TrimAsync(DateTimeOffset eventsBefore, CancellationToken cancellationToken);
}
