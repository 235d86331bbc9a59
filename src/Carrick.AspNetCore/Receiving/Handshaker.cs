using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Answers a provider's checks of our URL. Thread-safe.</summary>
internal sealed class Handshaker
{
    private const int MaxEcho = 1_024;
    private readonly ImmutableArray<HandshakePlan> _plans;
    private readonly byte[]? _verifyToken;
    private readonly FieldReader _reader;

    public Handshaker(ImmutableArray<HandshakePlan> plans, string? verifyToken)
    {
        _plans = plans;
        _verifyToken = verifyToken is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(verifyToken));
        _reader = new FieldReader(plans.SelectMany(plan => plan.Fields));
    }

    public bool Knows(string method) => _plans.Any(plan => plan.Method == method);

    /// <returns>The answer, or <see langword="null"/> if the request is no handshake.</returns>
    public HandshakeAnswer? TryAnswer(in WebhookRequest request, WebhookKey? key)
    {
        foreach (var plan in _plans)
        {
            if (plan.Method != request.Method || plan.AfterVerification != (key is not null))
            {
                continue;
            }

            var fields = _reader.Read(request);
            if (Matches(plan, fields) && Answer(plan, fields, key) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    private bool Matches(HandshakePlan plan, FieldValues fields)
    {
        foreach (var (field, wanted) in plan.Match)
        {
            if (fields[field] is not { } actual || !(wanted == HandshakePlan.VerifyToken ? IsVerifyToken(actual.Text) : actual.Text == wanted))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsVerifyToken(string actual) =>
        _verifyToken is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(actual)), _verifyToken);

    private static HandshakeAnswer? Answer(HandshakePlan plan, FieldValues fields, WebhookKey? key)
    {
        if (plan.Text is { } text)
        {
            return Value(text, fields, key) is { } echo ? new HandshakeAnswer("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(echo)) : null;
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in plan.Json)
            {
                if (Value(value, fields, key) is not { } echo)
                {
                    return null;
                }

                writer.WriteString(name, echo);
            }

            writer.WriteEndObject();
        }

        return new HandshakeAnswer("application/json", stream.ToArray());
    }

    private static string? Value(HandshakeValue value, FieldValues fields, WebhookKey? key)
    {
        if (fields[value.Field] is not { Hashed: false, Text: { Length: <= MaxEcho } text })
        {
            return null;
        }

        return value.Hmac ? Convert.ToHexStringLower(HMACSHA256.HashData(key!.Bytes, Encoding.UTF8.GetBytes(text))) : text;
    }
}

/// <summary>What to send back.</summary>
internal sealed record HandshakeAnswer(string ContentType, byte[] Body);
