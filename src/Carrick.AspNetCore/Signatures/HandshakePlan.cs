using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>A request that is no event: the provider checks that the URL is ours, and wants something of the request back.</summary>
internal sealed class HandshakePlan
{
    /// <summary>The value that stands for the source's verify token.</summary>
    public const string VerifyToken = "{verifyToken}";

    public required string Method { get; init; }

    public required bool AfterVerification { get; init; }

    public required ImmutableArray<KeyValuePair<FieldReference, string>> Match { get; init; }

    /// <summary>The field echoed as text, or <see langword="null"/> for a JSON answer.</summary>
    public required HandshakeValue? Text { get; init; }

    public required ImmutableArray<KeyValuePair<string, HandshakeValue>> Json { get; init; }

    /// <summary>What the answer holds.</summary>
    public IEnumerable<HandshakeValue> Values => Json.Select(pair => pair.Value).Concat(Text is null ? [] : [Text]);

    /// <summary>Every field that is read of the request.</summary>
    public IEnumerable<FieldReference> Fields => Match.Select(match => match.Key).Concat(Values.Select(value => value.Field));
}

/// <summary>A value of an answer: a field of the request, or its HMAC under the key that verified the request.</summary>
internal sealed record HandshakeValue(FieldReference Field, bool Hmac)
{
    private const string HmacPrefix = "hmac-sha256-hex(";

    public static HandshakeValue? TryParse(string text)
    {
        var hmac = text.StartsWith(HmacPrefix, StringComparison.Ordinal) && text.EndsWith(')');
        var field = FieldReference.TryParse(hmac ? text[HmacPrefix.Length..^1] : text);
        return field is null ? null : new HandshakeValue(field, hmac);
    }
}
