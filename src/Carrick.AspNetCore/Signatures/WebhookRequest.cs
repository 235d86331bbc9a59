using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Carrick.Signatures;

/// <summary>What a verifier sees of a request: raw bytes and header text, nothing parsed.</summary>
/// <param name="Method">The method as sent.</param>
/// <param name="Query">The raw query with its question mark, or empty.</param>
/// <param name="Headers">The headers, one entry per line.</param>
/// <param name="Body">The exact bytes.</param>
internal readonly record struct WebhookRequest(string Method, string Query, IHeaderDictionary Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The first value of a query field, or <see langword="null"/>.</summary>
    public string? QueryValue(string name)
    {
        foreach (var pair in new QueryStringEnumerable(Query))
        {
            if (pair.DecodeName().Span.SequenceEqual(name))
            {
                return pair.DecodeValue().ToString();
            }
        }

        return null;
    }
}
