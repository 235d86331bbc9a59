using Microsoft.Net.Http.Headers;

namespace Carrick.Signatures;

/// <summary>A condition on the request under which an alternative applies: a header or query field that is there, absent or equal to a text.</summary>
/// <param name="Source">Where to look.</param>
/// <param name="Name">The header or query field.</param>
/// <param name="Value">The wanted value, or <see langword="null"/> for any.</param>
/// <param name="Negated">The field must be absent.</param>
internal sealed record Predicate(PredicateSource Source, string Name, string? Value, bool Negated)
{
    public static Predicate? TryParse(string text)
    {
        var negated = text.StartsWith("no ", StringComparison.Ordinal);
        var parts = (negated ? text[3..] : text).Split(" == ", 2);
        var value = parts.Length == 2 ? parts[1] : null;
        if (negated && value is not null)
        {
            return null;
        }

        return parts[0] switch
        {
            "content-type" when value is not null => new Predicate(PredicateSource.ContentType, "", value, false),
            var source when source.StartsWith("header.", StringComparison.Ordinal) && source.Length > 7
                => new Predicate(PredicateSource.Header, source[7..], value, negated),
            var source when source.StartsWith("query.", StringComparison.Ordinal) && source.Length > 6
                => new Predicate(PredicateSource.Query, source[6..], value, negated),
            _ => null,
        };
    }

    public bool Holds(in WebhookRequest request)
    {
        var actual = Source switch
        {
            PredicateSource.Header => request.Headers.TryGetValue(Name, out var values) && values.Count > 0 ? values[0] ?? "" : null,
            PredicateSource.Query => request.QueryValue(Name),
            _ => MediaTypeHeaderValue.TryParse(request.Headers.ContentType.ToString(), out var type) ? type.MediaType.Value?.ToLowerInvariant() : null,
        };
        return Negated ? actual is null : actual is not null && (Value is null || actual == Value);
    }
}

internal enum PredicateSource
{
    Header,
    Query,
    ContentType,
}
