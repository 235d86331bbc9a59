using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

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
            Handshakes = HandshakeReader.ReadAll(root),
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
            return EventPlan.Empty;
        }

        var split = EventPlan.Empty with { Split = Split(node) };
        var time = Fields(node, "time", split);
        var order = Fields(node, "order", split);
        var version = Fields(node, "version", split);
        var plan = split with
        {
            Id = Fields(node, "id", split),
            HasUniqueId = node.Flag("uniqueId"),
            Attempt = Attempt(node, split),
            Type = Fields(node, "type", split),
            Subject = Fields(node, "subject", split),
            Version = FirstGiven(version, order, time),
            Headers = [.. node.Texts("headers").Select(header => header.ToLowerInvariant())],
        };
        if (plan.JsonFields > JsonFieldSet.MaxPaths)
        {
            node.Error("id", $"the event has more than {JsonFieldSet.MaxPaths} JSON fields");
        }

        node.Close();
        return plan;
    }

    /// <summary>One expression for all events: versions of one subject are compared, so a sequence in some must not meet a time in others.</summary>
    private static FieldExpression FirstGiven(params ReadOnlySpan<FieldExpression> expressions)
    {
        foreach (var expression in expressions)
        {
            if (!expression.Alternatives.IsEmpty)
            {
                return expression;
            }
        }

        return FieldExpression.None;
    }

    private static SplitPlan? Split(SchemeNode node)
    {
        if (node.Text("split") is not { } text)
        {
            return null;
        }

        if (SplitPlan.TryParse(text) is not { } split)
        {
            node.Error("split", "is no path to items, such as 'json[]' or 'json.entry[].changes[] | json.entry[].messaging[]'");
            return null;
        }

        return split;
    }

    private static FieldReference? Attempt(SchemeNode node, EventPlan plan)
    {
        if (Fields(node, "attempt", plan) is not { Alternatives.IsEmpty: false } expression)
        {
            return null;
        }

        var fields = expression.References.ToArray();
        if (fields is [{ Source: FieldSource.Json } field] && field.Steps.All(step => step.Index == -1) && (plan.Split is null ? field.Items.Length == 0 : plan.Split.EndsIn(field.Items)))
        {
            return field;
        }

        node.Error("attempt", "must be one JSON field of what becomes an event, and stand in no array within it");
        return null;
    }

    private static FieldExpression Fields(SchemeNode node, string name, EventPlan plan)
    {
        if (node.Text(name) is not { } text)
        {
            return FieldExpression.None;
        }

        if (FieldExpression.TryParse(text) is not { } expression)
        {
            node.Error(name, "is no field expression, such as 'header.x-id | json.data.id'");
            return FieldExpression.None;
        }

        if (plan.Problem(expression) is { } problem)
        {
            node.Error(name, problem);
        }

        return expression;
    }

    private static AckPlan? Ack(SchemeNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var plan = new AckPlan(node.Number("status", 200, 299) ?? 200, node.Text("contentType") ?? "text/plain; charset=utf-8",
            Encoding.UTF8.GetBytes(node.Text("body") ?? ""));
        if (plan.ContentType.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0 || !MediaTypeHeaderValue.TryParse(plan.ContentType, out _))
        {
            node.Error("contentType", "is no media type, such as 'text/plain; charset=utf-8'");
        }

        if (plan is { Status: 204 or 205, Body.Length: > 0 })
        {
            node.Error("body", $"must be empty: an answer with status {plan.Status} has none");
        }

        node.Close();
        return plan;
    }
}
