using System.Collections.Frozen;
using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Receiving;

/// <summary>Picks the headers that are stored with an event: an allow list, so that no credential gets through by a new name.</summary>
internal sealed class KeptHeaders
{
    private const int MaxValueLength = 1_024;
    private static readonly string[] Always = ["content-encoding", "content-language", "content-type", "date", "traceparent", "user-agent", "x-request-id"];
    private static readonly string[] Never = ["authorization", "proxy-authorization", "cookie"];
    private readonly FrozenSet<string> _names;

    public KeptHeaders(SchemePlan scheme)
    {
        var secret = scheme.Alternatives.Select(alternative => alternative.Signature.Header).Concat(Never).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var fields = scheme.Event.References.Where(field => field.Source == FieldSource.Header).Select(field => field.Name);
        var times = scheme.Alternatives.Select(alternative => alternative.Timestamp?.Header).OfType<string>();
        _names = Always.Concat(fields).Concat(times).Concat(scheme.Event.Headers).Where(name => !secret.Contains(name)).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyList<KeyValuePair<string, string>> Pick(IHeaderDictionary headers)
    {
        var kept = new List<KeyValuePair<string, string>>();
        foreach (var name in _names)
        {
            if (HeaderText.Single(headers, name) is { Length: <= MaxValueLength } value)
            {
                kept.Add(new(name, value));
            }
        }

        return kept;
    }
}
