using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Carrick.Signatures;

/// <summary>Reads one alternative of a scheme.</summary>
internal static class AlternativeReader
{
    private static readonly (HashAlgorithmName Name, int Size) Sha256 = (HashAlgorithmName.SHA256, 32);
    private static readonly (HashAlgorithmName Name, int Size) Sha512 = (HashAlgorithmName.SHA512, 64);
    private static readonly (HashAlgorithmName Name, int Size) Sha1 = (HashAlgorithmName.SHA1, 20);

    public static AlternativePlan Read(SchemeNode node, string? topLevelName)
    {
        var kind = node.Choice("kind", SignatureKind.Mac, true, ("mac", SignatureKind.Mac), ("hash", SignatureKind.Hash),
            ("ed25519", SignatureKind.Ed25519), ("token", SignatureKind.Token), ("basic", SignatureKind.Basic));
        var algorithm = kind switch
        {
            SignatureKind.Mac => node.Choice("algorithm", Sha256, true, ("hmac-sha256", Sha256), ("hmac-sha512", Sha512), ("hmac-sha1", Sha1)),
            SignatureKind.Hash => node.Choice("algorithm", Sha256, true, ("sha256", Sha256), ("sha512", Sha512)),
            _ => (default(HashAlgorithmName), 64),
        };
        var shared = kind is SignatureKind.Token or SignatureKind.Basic;
        var signature = Signature(node.Object("signature", required: true), shared);
        var content = Content(node, shared);
        var plan = new AlternativePlan
        {
            Name = topLevelName ?? node.Text("name", required: true) ?? "",
            Kind = kind,
            Hash = algorithm.Item1,
            SignatureSize = algorithm.Item2,
            Key = Key(node.Object("key")),
            Signature = signature,
            Content = content,
            Timestamp = Timestamp(node.Object("timestamp"), content),
            Applies = Applies(node),
            BodyHash = BodyHash(node.Object("bodyHash")),
            UrlCandidates = Urls(node),
            Integrity = node.Choice("integrity", BodyIntegrity.Full, false, ("full", BodyIntegrity.Full), ("partial", BodyIntegrity.Partial),
                ("weak", BodyIntegrity.Weak), ("none", BodyIntegrity.None)),
        };
        Check(node, plan);
        if (topLevelName is null)
        {
            node.Close();
        }

        return plan;
    }

    private static void Check(SchemeNode node, AlternativePlan plan)
    {
        if (plan.Kind is SignatureKind.Mac or SignatureKind.Ed25519 && plan.Content.Uses(SegmentKind.Secret))
        {
            node.Error("content", "must not hold {secret}: the key is not part of the content");
        }

        if (plan.Kind == SignatureKind.Hash && !plan.Content.Uses(SegmentKind.Secret))
        {
            node.Error("content", "must hold {secret}: a bare hash proves nothing");
        }

        var coversBody = plan.Content.Uses(SegmentKind.Body) || plan.Content.Uses(SegmentKind.SortedForm) || plan.BodyHash is not null;
        if (!coversBody && plan.Integrity == BodyIntegrity.Full)
        {
            node.Error("integrity", "must be 'partial' or 'none': the content does not cover the body");
        }

        if (plan.Signature.Grammar != SignatureGrammar.List && (plan.Content.Uses(SegmentKind.SignatureItem) || plan.Timestamp?.Item is not null))
        {
            node.Error("signature", "must have the grammar 'list' for 'sig.' fields");
        }
    }

    private static KeyPlan Key(SchemeNode? node)
    {
        if (node is null)
        {
            return new KeyPlan(TextEncoding.Utf8, "", false, KeyMaker.MinBytes);
        }

        var plan = new KeyPlan(Encoding(node, TextEncoding.Utf8, withText: true), node.Text("prefix") ?? "", node.Flag("prefixRequired"),
            node.Number("minBytes", KeyMaker.MinBytes, KeyMaker.MaxMinBytes) ?? KeyMaker.MinBytes);
        node.Close();
        return plan;
    }

    private static SignaturePlan Signature(SchemeNode? node, bool shared)
    {
        if (node is null)
        {
            return new SignaturePlan("", SignatureGrammar.Bare, "", ',', '=', "", TextEncoding.Hex);
        }

        var grammar = node.Choice("grammar", SignatureGrammar.Bare, false,
            ("bare", SignatureGrammar.Bare), ("prefix", SignatureGrammar.Prefix), ("list", SignatureGrammar.List));
        var plan = new SignaturePlan(
            (node.Text("header", required: true) ?? "").ToLowerInvariant(), grammar,
            node.Text("prefix", required: grammar == SignatureGrammar.Prefix) ?? "",
            Character(node, "separator", ','), Character(node, "assign", '='),
            node.Text("item", required: grammar == SignatureGrammar.List) ?? "",
            Encoding(node, TextEncoding.Hex, withText: shared));
        node.Close();
        return plan;
    }

    private static char Character(SchemeNode node, string name, char fallback)
    {
        var text = node.Text(name);
        if (text is not null && text.Length != 1)
        {
            node.Error(name, "must be one character");
        }

        return text is { Length: 1 } ? text[0] : fallback;
    }

    private static TextEncoding Encoding(SchemeNode node, TextEncoding fallback, bool withText) => withText
        ? node.Choice("encoding", fallback, false, ("utf8", TextEncoding.Utf8), ("hex", TextEncoding.Hex), ("base64", TextEncoding.Base64), ("base64url", TextEncoding.Base64Url))
        : node.Choice("encoding", fallback, false, ("hex", TextEncoding.Hex), ("base64", TextEncoding.Base64), ("base64url", TextEncoding.Base64Url));

    private static ContentTemplate Content(SchemeNode node, bool shared)
    {
        var text = node.Text("content", required: !shared);
        if (text is null)
        {
            return ContentTemplate.Empty;
        }

        var template = ContentTemplate.TryCompile(text, out var error);
        if (template is null)
        {
            node.Error("content", error!);
        }

        return template ?? ContentTemplate.Empty;
    }

    private static TimestampPlan? Timestamp(SchemeNode? node, ContentTemplate content)
    {
        if (node is null)
        {
            return null;
        }

        var source = node.Text("source", required: true) ?? "";
        var header = source.StartsWith("header.", StringComparison.Ordinal) ? source[7..].ToLowerInvariant() : null;
        var item = source.StartsWith("sig.", StringComparison.Ordinal) ? source[4..] : null;
        var signed = content.Segments.Any(segment =>
            (segment.Kind == SegmentKind.Header && string.Equals(segment.Name, header, StringComparison.OrdinalIgnoreCase))
            || (segment.Kind == SegmentKind.SignatureItem && segment.Name == item));
        if (!signed)
        {
            node.Error("source", "must be a 'header.' or 'sig.' field that the content holds: an unsigned time proves nothing");
        }

        var plan = new TimestampPlan(header, item, node.Choice("format", TimestampFormat.UnixSeconds, true,
                ("unix-s", TimestampFormat.UnixSeconds), ("unix-ms", TimestampFormat.UnixMilliseconds),
                ("iso8601", TimestampFormat.Iso8601), ("http-date", TimestampFormat.HttpDate)),
            TimeSpan.FromSeconds(node.Number("tolerance", 1, 86_400) ?? 300));
        node.Close();
        return plan;
    }

    private static ImmutableArray<Predicate> Applies(SchemeNode node)
    {
        var predicates = ImmutableArray.CreateBuilder<Predicate>();
        foreach (var text in node.Texts("applies"))
        {
            if (Predicate.TryParse(text) is { } predicate)
            {
                predicates.Add(predicate);
            }
            else
            {
                node.Error("applies", $"'{text}' is no condition, such as 'header.x == v2', 'no query.x' or 'content-type == a/b'");
            }
        }

        return predicates.ToImmutable();
    }

    private static BodyHashPlan? BodyHash(SchemeNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var plan = new BodyHashPlan(node.Text("query", required: true) ?? "", node.Choice("algorithm", HashAlgorithmName.SHA256, false, ("sha256", HashAlgorithmName.SHA256)));
        node.Close();
        return plan;
    }

    private static ImmutableArray<UrlCandidate> Urls(SchemeNode node)
    {
        var candidates = ImmutableArray.CreateBuilder<UrlCandidate>();
        foreach (var text in node.Texts("urlCandidates"))
        {
            UrlCandidate? candidate = text switch
            {
                "configured" => UrlCandidate.Configured,
                "with-port" => UrlCandidate.WithPort,
                "without-port" => UrlCandidate.WithoutPort,
                "legacy-query" => UrlCandidate.LegacyQuery,
                _ => null,
            };
            if (candidate is { } known)
            {
                candidates.Add(known);
            }
            else
            {
                node.Error("urlCandidates", $"'{text}' is unknown");
            }
        }

        return candidates.Count == 0 ? [UrlCandidate.Configured] : candidates.ToImmutable();
    }
}
