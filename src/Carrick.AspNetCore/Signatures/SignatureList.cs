using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Carrick.Signatures;

/// <summary>The text of a signature header, read by its grammar.</summary>
internal readonly struct SignatureList
{
    /// <summary>How many signatures of one header are looked at.</summary>
    public const int MaxSignatures = 64;

    private readonly string _text;
    private readonly SignaturePlan _plan;

    private SignatureList(string text, SignaturePlan plan)
    {
        _text = text;
        _plan = plan;
    }

    /// <summary>The whole text after the prefix.</summary>
    public string First => _plan.Grammar == SignatureGrammar.Prefix ? _text[_plan.Prefix.Length..] : _text;

    public static SignatureFailure TryRead(IHeaderDictionary headers, SignaturePlan plan, out SignatureList list)
    {
        list = default;
        if (!headers.TryGetValue(plan.Header, out var lines) || StringValues.IsNullOrEmpty(lines))
        {
            return SignatureFailure.MissingSignature;
        }

        for (var i = 1; i < lines.Count; i++)
        {
            if (lines[i] != lines[0])
            {
                return SignatureFailure.DuplicateSignature;
            }
        }

        var text = lines[0]!;
        var prefixed = plan.Grammar != SignatureGrammar.Prefix || text.StartsWith(plan.Prefix, StringComparison.Ordinal)
            || (plan.Prefix.EndsWith(' ') && text.StartsWith(plan.Prefix, StringComparison.OrdinalIgnoreCase));
        if (!prefixed)
        {
            return SignatureFailure.MalformedSignature;
        }

        list = new SignatureList(text, plan);
        return SignatureFailure.None;
    }

    /// <summary>The value of a named item; <see langword="null"/> if it is absent or there with two values.</summary>
    public string? Item(string name)
    {
        string? found = null;
        foreach (var range in _text.AsSpan().Split(_plan.Separator))
        {
            var item = _text.AsSpan()[range];
            var assign = item.IndexOf(_plan.Assign);
            if (assign < 0 || !item[..assign].SequenceEqual(name))
            {
                continue;
            }

            var value = item[(assign + 1)..];
            if (found is not null && !value.SequenceEqual(found))
            {
                return null;
            }

            found ??= value.ToString();
        }

        return found;
    }

    /// <summary>Decodes the signatures that are well formed into <paramref name="destination"/>, one after another.</summary>
    /// <returns>How many there are.</returns>
    public int Decode(AlternativePlan plan, Span<byte> destination)
    {
        if (_plan.Grammar != SignatureGrammar.List)
        {
            var start = _plan.Grammar == SignatureGrammar.Prefix ? _plan.Prefix.Length : 0;
            return StrictEncoding.TryDecode(_text.AsSpan(start), _plan.Encoding, destination[..plan.SignatureSize]) ? 1 : 0;
        }

        var count = 0;
        var seen = 0;
        foreach (var range in _text.AsSpan().Split(_plan.Separator))
        {
            var item = _text.AsSpan()[range];
            var assign = item.IndexOf(_plan.Assign);
            if (assign < 0 || !item[..assign].SequenceEqual(_plan.Item))
            {
                continue;
            }

            if (++seen > MaxSignatures)
            {
                break;
            }

            if (StrictEncoding.TryDecode(item[(assign + 1)..], _plan.Encoding, destination.Slice(count * plan.SignatureSize, plan.SignatureSize)))
            {
                count++;
            }
        }

        return count;
    }
}
