namespace Carrick.Storage;

/// <summary>An API key as stored.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Prefix">The first characters of the key, to recognise it.</param>
/// <param name="Hash">SHA-256 of the key.</param>
/// <param name="Scopes">Of <c>read</c>, <c>operate</c>, <c>admin</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">When it was revoked.</param>
public sealed record ApiKeyRecord(
    RecordId Id, string Name, string Prefix, ReadOnlyMemory<byte> Hash, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);
