namespace Carrick;

/// <summary>What became of one incoming event.</summary>
/// <param name="Id">The stored event; for a duplicate the first one.</param>
/// <param name="Duplicate">The message id was known.</param>
/// <param name="Conflict">The message id was known with another body.</param>
public readonly record struct IngestResult(RecordId Id, bool Duplicate, bool Conflict);
