namespace Carrick;

/// <summary>What became of one incoming event.</summary>
/// <param name="Id">The stored event; for a duplicate the first one.</param>
/// <param name="Duplicate">The key of deduplication was known.</param>
/// <param name="Conflict">The key was a message id that was known with another body.</param>
public readonly record struct IngestResult(RecordId Id, bool Duplicate, bool Conflict)
{
    /// <summary>
    /// The first other event with the same body, if this one is new and its message id is not signed: it may be a request that somebody has seen and sent again under another id.
    /// <see langword="null"/> otherwise.
    /// </summary>
    public RecordId? PossibleReplayOf { get; init; }
}
