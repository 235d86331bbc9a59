using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Carrick.Signatures;

/// <summary>Reads a scheme's JSON into its plan and reports every error at once.</summary>
internal static class SchemeReader
{
    /// <exception cref="FormatException">The JSON is no scheme.</exception>
    public static SchemePlan Read(string json)
    {
        var errors = new List<string>();
        var plan = Read(json, errors);
        return errors.Count == 0 ? plan : throw new FormatException($"The scheme has {errors.Count} error(s):\n{string.Join('\n', errors)}");
    }

    /// <summary>Reads a plan that counts only if there are no <paramref name="errors"/>; each is a JSON path, a colon and what is wrong there.</summary>
    /// <exception cref="FormatException">It is no JSON, or no JSON object.</exception>
    public static SchemePlan Read(string json, List<string> errors)
    {
        using var document = Load(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("$: a scheme is a JSON object.");
        }

        var root = new SchemeNode(document.RootElement, "$", errors);
        var name = root.Text("name", required: true) ?? "";
        var nodes = root.Has("alternatives") ? root.Objects("alternatives") : [root];
        var alternatives = nodes.Select(node => AlternativeReader.Read(node, ReferenceEquals(node, root) ? "default" : null)).ToImmutableArray();
        var plan = new SchemePlan
        {
            Name = name,
            DisplayName = root.Text("displayName") ?? name,
            Docs = root.Text("docs"),
            Alternatives = alternatives,
            Accept = Accept(root, alternatives),
            Handshakes = [.. root.Objects("handshakes").Select(HandshakeReader.Read)],
            Event = Event(root.Object("event")),
            Ack = Ack(root.Object("ack")),
            RejectStatus = root.Number("rejectStatus", 400, 499) ?? 400,
            ExpectsInvalidProbes = root.Flag("expectsInvalidProbes"),
        };
        if (alternatives.Length == 0)
        {
            root.Error("alternatives", "must have at least one");
        }

        root.Close();
        return plan;
    }

    private static JsonDocument Load(string json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException exception)
        {
            throw new FormatException($"{exception.Path ?? "$"}: not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}.", exception);
        }
    }

    private static IReadOnlyList<string> Accept(SchemeNode root, ImmutableArray<AlternativePlan> alternatives)
    {
        var accept = root.Texts("accept");
        foreach (var unknown in accept.Where(name => alternatives.All(alternative => alternative.Name != name)))
        {
            root.Error("accept", $"'{unknown}' is no alternative");
        }

        foreach (var twice in alternatives.GroupBy(alternative => alternative.Name).Where(group => group.Count() > 1))
        {
            root.Error("alternatives", $"'{twice.Key}' is there twice");
        }

        return accept.Count > 0 ? accept : [.. alternatives.Take(1).Select(alternative => alternative.Name)];
    }

    private static EventPlan Event(SchemeNode? node)
    {
        if (node is null)
        {
            return new EventPlan(FieldExpression.None, FieldExpression.None, FieldExpression.None, FieldExpression.None, false, []);
        }

        var plan = new EventPlan(Fields(node, "id"), Fields(node, "type"), Fields(node, "subject"), Fields(node, "version"), node.Flag("split"),
            [.. node.Texts("headers").Select(header => header.ToLowerInvariant())]);
        node.Close();
        return plan;
    }

    private static FieldExpression Fields(SchemeNode node, string name)
    {
        if (node.Text(name) is not { } text)
        {
            return FieldExpression.None;
        }

        if (FieldExpression.TryParse(text) is { } expression)
        {
            return expression;
        }

        node.Error(name, "is no field expression, such as 'header.x-id | json.data.id'");
        return FieldExpression.None;
    }

    private static AckPlan? Ack(SchemeNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var plan = new AckPlan(node.Number("status", 200, 299) ?? 200, node.Text("contentType") ?? "text/plain; charset=utf-8",
            Encoding.UTF8.GetBytes(node.Text("body") ?? ""));
        node.Close();
        return plan;
    }
}
