using System.Collections.Immutable;
using System.Text;

namespace Carrick.Signatures;

/// <summary>What is signed: literal text and variables in order, compiled from text such as <c>{sig.t}.{body}</c>.</summary>
internal sealed class ContentTemplate
{
    private const string UndottedSuffix = "|undotted";

    private ContentTemplate(ImmutableArray<Segment> segments) => Segments = segments;

    public static ContentTemplate Empty { get; } = new([]);

    public ImmutableArray<Segment> Segments { get; }

    public bool Uses(SegmentKind kind) => Segments.Any(segment => segment.Kind is var own && (own == kind || (kind == SegmentKind.Url && own == SegmentKind.DecodedUrl)));

    /// <summary>Compiles the text; errors go to <paramref name="error"/> with the reason.</summary>
    public static ContentTemplate? TryCompile(string text, out string? error)
    {
        var segments = ImmutableArray.CreateBuilder<Segment>();
        error = null;
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            if (open < 0)
            {
                open = text.Length;
            }

            if (open > at)
            {
                segments.Add(new Segment(SegmentKind.Literal, "", Encoding.UTF8.GetBytes(text[at..open])));
            }

            if (open == text.Length)
            {
                break;
            }

            var close = text.IndexOf('}', open);
            if (close < 0)
            {
                error = "has '{' without '}'";
                return null;
            }

            var name = text[(open + 1)..close];
            if (Variable(name) is not { } segment)
            {
                error = $"has the unknown variable '{{{name}}}'";
                return null;
            }

            segments.Add(segment);
            at = close + 1;
        }

        return new ContentTemplate(segments.ToImmutable());
    }

    private static Segment? Variable(string name) => name switch
    {
        "body" => new Segment(SegmentKind.Body, "", []),
        "method" => new Segment(SegmentKind.Method, "", []),
        "url" => new Segment(SegmentKind.Url, "", []),
        "url|hubspot-decode" => new Segment(SegmentKind.DecodedUrl, "", []),
        "secret" => new Segment(SegmentKind.Secret, "", []),
        "form*sorted" => new Segment(SegmentKind.SortedForm, "", []),
        _ when name.StartsWith("header.", StringComparison.Ordinal) && name.Length > 7 => Header(name[7..]),
        _ when name.StartsWith("sig.", StringComparison.Ordinal) && name.Length > 4 => new Segment(SegmentKind.SignatureItem, name[4..], []),
        _ => null,
    };

    private static Segment Header(string name) => name.EndsWith(UndottedSuffix, StringComparison.Ordinal)
        ? new Segment(SegmentKind.Header, name[..^UndottedSuffix.Length], []) { Undotted = true }
        : new Segment(SegmentKind.Header, name, []);
}

/// <summary>One piece of the signed content.</summary>
internal sealed record Segment(SegmentKind Kind, string Name, byte[] Literal)
{
    /// <summary>A value with a full stop counts as missing: where full stops join the content, it could be cut another way.</summary>
    public bool Undotted { get; init; }
}

internal enum SegmentKind
{
    Literal,
    Body,
    Method,
    Url,
    DecodedUrl,
    Header,
    SignatureItem,
    SortedForm,
    Secret,
}
