using System.Collections.Frozen;
using Carrick.Storage;

namespace Carrick.Authentication;

/// <summary>The keys in force, by hash. Immutable.</summary>
/// <remarks>
/// A table look-up is not constant in time, and need not be: what varies is a function of the SHA-256 of the guess,
/// which a caller cannot steer towards the hash of a key it does not know.
/// </remarks>
/// <param name="keys">All keys.</param>
/// <param name="readAt">When the read began.</param>
/// <param name="changes">How many changes of ours came before the read.</param>
internal sealed class ApiKeySnapshot(IEnumerable<ApiKeyRecord> keys, DateTimeOffset readAt, int changes)
{
    private readonly FrozenDictionary<string, ApiKeyRecord> _byHash = keys
        .DistinctBy(key => Convert.ToHexString(key.Hash.Span))
        .ToFrozenDictionary(key => Convert.ToHexString(key.Hash.Span), StringComparer.Ordinal);

    public DateTimeOffset ReadAt { get; } = readAt;

    public int Changes { get; } = changes;

    public ApiKeyRecord? Find(ReadOnlySpan<byte> hash) => _byHash.GetValueOrDefault(Convert.ToHexString(hash));
}
