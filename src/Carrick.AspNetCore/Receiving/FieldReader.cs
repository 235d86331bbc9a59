using System.Collections.Immutable;
using System.Text;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Reads the fields that a plan names from requests, the JSON fields of an item in one pass. Thread-safe.</summary>
internal sealed class FieldReader
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private readonly ImmutableArray<JsonFields> _json;
    private readonly ImmutableArray<JsonFieldSet?> _inForm;
    private readonly bool _form;

    public FieldReader(IEnumerable<FieldReference> references)
    {
        References = [.. references.Distinct(ReferenceEqualityComparer.Instance).Cast<FieldReference>()];
        _json = [.. Enumerable.Range(0, References.Length).Where(i => References[i].Source == FieldSource.Json).GroupBy(i => References[i].Items)
            .Select(group => new JsonFields(group.Key, [.. group], new JsonFieldSet([.. group.Select(i => References[i].Steps)])))];
        _inForm = [.. References.Select(field => field.Source == FieldSource.FormJson ? new JsonFieldSet([field.Steps]) : null)];
        _form = References.Any(field => field.Source is FieldSource.Form or FieldSource.FormJson);
    }

    public ImmutableArray<FieldReference> References { get; }

    public static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> json) => json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;

    /// <summary>The fields of a request that is one event.</summary>
    public FieldValues Read(in WebhookRequest request) => Open(request).Read(JsonItem.Whole(request.Body.Length));

    /// <summary>Reads what all items of a request share.</summary>
    public RequestFields Open(in WebhookRequest request)
    {
        var form = _form && request.Headers.ContentType.ToString().StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            ? FormFields.TryRead(request.Body.Span)
            : null;
        using (form)
        {
            var values = new FieldValue?[References.Length];
            for (var i = 0; i < values.Length; i++)
            {
                var name = References[i].Name;
                values[i] = References[i].Source switch
                {
                    FieldSource.Header => Text(HeaderText.Single(request.Headers, name)),
                    FieldSource.Query => Text(request.QueryValue(name)),
                    FieldSource.Form => Text(form?.Value(name)),
                    FieldSource.FormJson => InForm(_inForm[i]!, form?.Value(name)),
                    _ => null,
                };
            }

            return new RequestFields(this, request.Body, values);
        }
    }

    /// <summary>Adds the JSON fields that stand in this item itself.</summary>
    public void ReadJson(ReadOnlySpan<byte> item, string items, Span<FieldValue?> values)
    {
        foreach (var group in _json)
        {
            if (group.Items != items)
            {
                continue;
            }

            var found = new FieldValue?[group.Slots.Length];
            group.Set.TryRead(WithoutByteOrderMark(item), found);
            for (var i = 0; i < found.Length; i++)
            {
                values[group.Slots[i]] = found[i] is { Text.Length: > 0 } value ? value : null;
            }
        }
    }

    private static FieldValue? Text(string? text) => string.IsNullOrEmpty(text) ? null : new FieldValue(text);

    private static FieldValue? InForm(JsonFieldSet set, string? json)
    {
        var found = new FieldValue?[1];
        return json is not null && set.TryRead(Encoding.UTF8.GetBytes(json), found) && found[0] is { Text.Length: > 0 } value ? value : null;
    }

    private sealed record JsonFields(string Items, ImmutableArray<int> Slots, JsonFieldSet Set);
}
