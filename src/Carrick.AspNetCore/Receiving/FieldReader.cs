using System.Collections.Immutable;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Reads the fields that a plan names from requests, all JSON fields in one pass. Thread-safe.</summary>
internal sealed class FieldReader
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private readonly ImmutableArray<FieldReference> _references;
    private readonly int[] _slots;
    private readonly JsonFieldSet _json;
    private readonly bool _form;

    public FieldReader(IEnumerable<FieldReference> references)
    {
        _references = [.. references.Distinct(ReferenceEqualityComparer.Instance).Cast<FieldReference>()];
        var paths = ImmutableArray.CreateBuilder<ImmutableArray<JsonStep>>();
        _slots = new int[_references.Length];
        for (var i = 0; i < _references.Length; i++)
        {
            _slots[i] = paths.Count;
            if (_references[i].Source == FieldSource.Json)
            {
                paths.Add(_references[i].Steps);
            }
        }

        _json = new JsonFieldSet(paths.ToImmutable());
        _form = _references.Any(reference => reference.Source == FieldSource.Form);
    }

    /// <summary>Reads the fields of a request; JSON fields come from <paramref name="json"/>, which may be a part of the body.</summary>
    public FieldValues Read(in WebhookRequest request, ReadOnlySpan<byte> json)
    {
        var values = new string?[_json.Count];
        if (_json.Count > 0)
        {
            _json.TryRead(json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json, values);
        }

        var form = _form && request.Headers.ContentType.ToString().StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            ? FormFields.TryRead(request.Body.Span)
            : null;
        using (form)
        {
            var found = new string?[_references.Length];
            for (var i = 0; i < _references.Length; i++)
            {
                var reference = _references[i];
                var value = reference.Source switch
                {
                    FieldSource.Header => HeaderText.Single(request.Headers, reference.Name),
                    FieldSource.Query => request.QueryValue(reference.Name),
                    FieldSource.Form => form?.Value(reference.Name),
                    _ => values[_slots[i]],
                };
                found[i] = string.IsNullOrEmpty(value) ? null : value;
            }

            return new FieldValues(_references, found);
        }
    }
}

/// <summary>The fields found in one request.</summary>
internal readonly struct FieldValues(ImmutableArray<FieldReference> references, string?[] values)
{
    public string? this[FieldReference reference]
    {
        get
        {
            // Plans have a handful of fields: looking along them is quicker than a dictionary for every request.
            for (var i = 0; i < references.Length; i++)
            {
                if (ReferenceEquals(references[i], reference))
                {
                    return values[i];
                }
            }

            return null;
        }
    }

    /// <summary>The first alternative that is there, its fields joined.</summary>
    /// <param name="expression">What to read.</param>
    /// <param name="separator">Stands between joined fields.</param>
    /// <param name="whole">All fields of an alternative must be there, not only the first.</param>
    public string? Join(FieldExpression expression, char separator, bool whole)
    {
        foreach (var alternative in expression.Alternatives)
        {
            string? text = null;
            var complete = true;
            foreach (var field in alternative)
            {
                var value = this[field];
                complete &= value is not null;
                if (!complete && (whole || text is null))
                {
                    break;
                }

                text = value is null ? text : text is null ? value : $"{text}{separator}{value}";
            }

            if (text is not null && (complete || !whole))
            {
                return text;
            }
        }

        return null;
    }
}
