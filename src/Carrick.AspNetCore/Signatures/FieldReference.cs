using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>
/// A field of a request: <c>header.x-id</c>, <c>query.mode</c>, <c>form.Sid</c>, <c>form.payload:json.type</c> for JSON in a field of a form,
/// <c>json.data.items[0].id</c>, <c>json.entry[].id</c> in each item of a body that is split, or <c>body.sha256</c>.
/// </summary>
/// <param name="Source">Where it stands.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Steps">The JSON path, from the item that <paramref name="Items"/> names.</param>
/// <param name="Items">The array whose item the path begins in, or empty for the whole body.</param>
internal sealed record FieldReference(FieldSource Source, string Name, ImmutableArray<JsonStep> Steps, string Items = "")
{
    private const string JsonInForm = ":json.";

    public static FieldReference? TryParse(string text)
    {
        if (text.StartsWith("json", StringComparison.Ordinal))
        {
            return Json(text);
        }

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
            "form" => Form(name),
            "body" when name == "sha256" => new FieldReference(FieldSource.BodyHash, name, []),
            _ => null,
        };
    }

    private static FieldReference? Json(string text)
    {
        if (JsonPath.TryParse(text) is not { } steps)
        {
            return null;
        }

        var items = text[..(text.LastIndexOf(JsonPath.EachText, StringComparison.Ordinal) is var at and >= 0 ? at + JsonPath.EachText.Length : 0)];
        var own = steps[(steps.LastIndexOf(JsonPath.Each) + 1)..];
        return own.IsEmpty && items.Length == 0 ? null : new FieldReference(FieldSource.Json, text, own, items);
    }

    private static FieldReference? Form(string name)
    {
        var at = name.IndexOf(JsonInForm, StringComparison.Ordinal);
        if (at < 0)
        {
            return new FieldReference(FieldSource.Form, name, []);
        }

        return at > 0 && JsonPath.TryParse(name[(at + 1)..]) is { IsEmpty: false } steps && !steps.Contains(JsonPath.Each)
            ? new FieldReference(FieldSource.FormJson, name[..at], steps)
            : null;
    }
}

internal enum FieldSource
{
    Header,
    Query,
    Form,
    FormJson,
    Json,
    BodyHash,
}
