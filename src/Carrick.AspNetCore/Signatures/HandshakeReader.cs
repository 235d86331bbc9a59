using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>Reads the handshakes of a scheme.</summary>
internal static class HandshakeReader
{
    public static ImmutableArray<HandshakePlan> ReadAll(SchemeNode root)
    {
        ImmutableArray<HandshakePlan> plans = [.. root.Objects("handshakes").Select(Read)];
        if (plans.SelectMany(plan => plan.Fields).Count(field => field.Source == FieldSource.Json) > JsonFieldSet.MaxPaths)
        {
            root.Error("handshakes", $"have more than {JsonFieldSet.MaxPaths} JSON fields");
        }

        return plans;
    }

    private static HandshakePlan Read(SchemeNode node)
    {
        var match = ImmutableArray.CreateBuilder<KeyValuePair<FieldReference, string>>();
        if (node.Object("match", required: true) is { } conditions)
        {
            foreach (var (name, value) in conditions.Pairs())
            {
                if (Field(name) is { } field)
                {
                    match.Add(new(field, value));
                }
                else
                {
                    conditions.Error(name, "is no field, such as 'json.type'");
                }
            }
        }

        var json = ImmutableArray.CreateBuilder<KeyValuePair<string, HandshakeValue>>();
        var answer = node.Object("json");
        foreach (var (name, value) in answer?.Pairs() ?? [])
        {
            if (Value(answer!, name, value) is { } parsed)
            {
                json.Add(new(name, parsed));
            }
        }

        var text = node.Text("text");
        if ((text is null) == (answer is null))
        {
            node.Error("text", "exactly one of 'text' and 'json' is needed");
        }

        var plan = new HandshakePlan
        {
            Method = node.Choice("method", "POST", true, ("POST", "POST"), ("GET", "GET")),
            AfterVerification = node.Choice("when", true, true, ("verified", true), ("before-verification", false)),
            Match = match.ToImmutable(),
            Text = text is null ? null : Value(node, "text", text),
            Json = json.ToImmutable(),
        };
        if (!plan.AfterVerification && plan.Values.Any(value => value.Hmac))
        {
            node.Error("when", "must be 'verified': before verification no key is known to answer with");
        }

        node.Close();
        return plan;
    }

    /// <summary>A field of the whole body: a handshake is no batch.</summary>
    private static FieldReference? Field(string text) => FieldReference.TryParse(text) is { Items.Length: 0 } field ? field : null;

    private static HandshakeValue? Value(SchemeNode node, string name, string text)
    {
        var value = HandshakeValue.TryParse(text);
        if (value is { Field.Items.Length: 0 })
        {
            return value;
        }

        node.Error(name, "is no field, such as 'json.challenge'");
        return null;
    }
}
