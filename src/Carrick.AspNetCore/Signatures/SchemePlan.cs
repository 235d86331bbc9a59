using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Carrick.Signatures;

/// <summary>A scheme as read and checked once.</summary>
internal sealed class SchemePlan
{
    public required string Name { get; init; }

    public required string DisplayName { get; init; }

    public string? Docs { get; init; }

    public required ImmutableArray<AlternativePlan> Alternatives { get; init; }

    public required IReadOnlyList<string> Accept { get; init; }

    public required ImmutableArray<HandshakePlan> Handshakes { get; init; }

    public required EventPlan Event { get; init; }

    public required AckPlan? Ack { get; init; }

    public required int RejectStatus { get; init; }

    public required bool ExpectsInvalidProbes { get; init; }

    public IReadOnlyList<string> AlternativeNames => [.. Alternatives.Select(alternative => alternative.Name)];

    public bool NeedsVerifyToken => Handshakes.Any(handshake => handshake.Match.Any(match => match.Value == HandshakePlan.VerifyToken));
}

/// <summary>One way to sign. Matching means: applies, complete, fresh and equal.</summary>
internal sealed class AlternativePlan
{
    public required string Name { get; init; }

    public required SignatureKind Kind { get; init; }

    public HashAlgorithmName Hash { get; init; }

    public required int SignatureSize { get; init; }

    public required KeyPlan Key { get; init; }

    public required SignaturePlan Signature { get; init; }

    public required ContentTemplate Content { get; init; }

    public required TimestampPlan? Timestamp { get; init; }

    public required ImmutableArray<Predicate> Applies { get; init; }

    public required BodyHashPlan? BodyHash { get; init; }

    public required ImmutableArray<UrlCandidate> UrlCandidates { get; init; }

    public required BodyIntegrity Integrity { get; init; }

    public bool SignsUrl => Content.Uses(SegmentKind.Url);

    public bool ReadsForm => Content.Uses(SegmentKind.SortedForm);
}

/// <summary>How a secret becomes a key.</summary>
/// <param name="Encoding">How the key's bytes are written.</param>
/// <param name="Prefix">Stands before them.</param>
/// <param name="PrefixRequired">A secret without the prefix is none of these keys.</param>
/// <param name="MinBytes">The shortest key, decoded.</param>
internal sealed record KeyPlan(TextEncoding Encoding, string Prefix, bool PrefixRequired, int MinBytes);

/// <summary>Where the signature stands and how it is written.</summary>
internal sealed record SignaturePlan(string Header, SignatureGrammar Grammar, string Prefix, char Separator, char Assign, string Item, TextEncoding Encoding);

/// <summary>Where the signed time stands. Exactly one of header and item is set.</summary>
internal sealed record TimestampPlan(string? Header, string? Item, TimestampFormat Format, TimeSpan Tolerance);

/// <summary>A hash of the body that stands in the signed URL.</summary>
internal sealed record BodyHashPlan(string QueryField, HashAlgorithmName Hash);

/// <summary>A fixed acknowledgement.</summary>
internal sealed record AckPlan(int Status, string ContentType, byte[] Body);

internal enum SignatureKind
{
    Mac,
    Hash,
    Ed25519,
    Token,
    Basic,
}

internal enum SignatureGrammar
{
    Bare,
    Prefix,
    List,
}

internal enum TextEncoding
{
    Utf8,
    Hex,
    Base64,
    Base64Url,
}

internal enum TimestampFormat
{
    UnixSeconds,
    UnixMilliseconds,
    Iso8601,
    HttpDate,
}

/// <summary>How much of the body a signature protects, strongest first.</summary>
internal enum BodyIntegrity
{
    Full,
    Partial,
    Weak,
    None,
}

internal enum UrlCandidate
{
    Configured,
    WithPort,
    WithoutPort,
    LegacyQuery,
}
