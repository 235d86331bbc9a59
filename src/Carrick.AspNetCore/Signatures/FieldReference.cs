using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Carrick.Signatures;

/// <summary>A field of a request: <c>header.x-id</c>, <c>query.mode</c>, <c>form.Sid</c>, or <c>json.data.items[0].id</c>.</summary>
internal sealed record FieldReference(FieldSource Source, string Name, ImmutableArray<JsonStep> Steps)
{
    public static FieldReference? TryParse(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == text.Length - 1)
        {
            return null;
        }

        var name = text[(dot + 1)..];
        return text[..dot] switch
        {
            "header" => new FieldReference(FieldSource.Header, name.ToLowerInvariant(), []),
            "query" => new FieldReference(FieldSource.Query, name, []),
            "form" => new FieldReference(FieldSource.Form, name, []),
            "json" => TrySteps(name) is { } steps ? new FieldReference(FieldSource.Json, name, steps) : null,
            _ => null,
        };
    }

    private static ImmutableArray<JsonStep>? TrySteps(string path)
    {
        var steps = ImmutableArray.CreateBuilder<JsonStep>();
        foreach (var part in path.Split('.'))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? part : part[..bracket];
            if (name.Length == 0)
            {
                return null;
            }

            steps.Add(new JsonStep(Encoding.UTF8.GetBytes(name), -1));
            if (bracket >= 0)
            {
                if (!part.EndsWith(']') || !int.TryParse(part.AsSpan(bracket + 1, part.Length - bracket - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                {
                    return null;
                }

                steps.Add(new JsonStep([], index));
            }
        }

        return steps.Count <= JsonFieldSet.MaxDepth ? steps.ToImmutable() : null;
    }
}

/// <summary>One step of a JSON path: a property name, or an index of an array.</summary>
internal sealed record JsonStep(byte[] Name, int Index);

internal enum FieldSource
{
    Header,
    Query,
    Form,
    Json,
}
