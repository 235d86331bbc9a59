namespace Carrick.Storage;

/// <summary>What a store says when an engine takes it over.</summary>
/// <param name="Epoch">The epoch of this ownership.</param>
/// <param name="IdLow">The low half of every id made here.</param>
/// <param name="LastIdKey">The <see cref="RecordId.Key"/> of the newest id in the store.</param>
/// <param name="UncleanStarts">How many starts in a row, this one included, were not preceded by a clean stop or a minute of work; 0 after a clean stop.</param>
public sealed record StoreOwnership(long Epoch, ulong IdLow, long LastIdKey, int UncleanStarts)
{
    /// <summary><see cref="Commands.RetentionCommand.Now"/> of the last sweep that was through, or <see langword="null"/> if there was none.</summary>
    public DateTimeOffset? RetentionAt { get; init; }
}

/// <summary>The numbers of names.</summary>
/// <param name="Integrations">By integration name.</param>
/// <param name="Consumers">By consumer name.</param>
public sealed record StoreCatalog(IReadOnlyDictionary<string, int> Integrations, IReadOnlyDictionary<string, ConsumerState> Consumers);

/// <summary>What the store keeps of a consumer.</summary>
/// <param name="Number">Its number.</param>
/// <param name="DisabledAt">When it was disabled, or <see langword="null"/>.</param>
/// <param name="DisabledReason">Why.</param>
/// <param name="GateUntil">No attempt starts before, or <see langword="null"/>.</param>
public sealed record ConsumerState(int Number, DateTimeOffset? DisabledAt, string? DisabledReason, DateTimeOffset? GateUntil);

/// <summary>Figures of a store since it was opened.</summary>
/// <param name="Commits">Durable transactions.</param>
/// <param name="Commands">Commands in them.</param>
/// <param name="WalBytes">Bytes written to the log.</param>
/// <param name="Checkpoints">Checkpoints.</param>
/// <param name="LogSizeBytes">The log's size now.</param>
/// <param name="Reads">Reads, each of one snapshot.</param>
public readonly record struct StoreStatistics(long Commits, long Commands, long WalBytes, long Checkpoints, long LogSizeBytes, long Reads);
