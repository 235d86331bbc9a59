using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>Reads one handshake of a scheme.</summary>
internal static class HandshakeReader
{
    public static HandshakePlan Read(SchemeNode node)
    {
        var match = ImmutableArray.CreateBuilder<KeyValuePair<FieldReference, string>>();
        if (node.Object("match", required: true) is { } conditions)
        {
            foreach (var (name, value) in conditions.Pairs())
            {
                if (FieldReference.TryParse(name) is { } field)
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
        node.Close();
        return plan;
    }

    private static HandshakeValue? Value(SchemeNode node, string name, string text)
    {
        var value = HandshakeValue.TryParse(text);
        if (value is null)
        {
            node.Error(name, "is no field, such as 'json.challenge'");
        }

        return value;
    }
}
