using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Carrick.Server.Cli;

/// <summary>Realistic events of each scheme, each with its own id.</summary>
internal static class SampleEvents
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["stripe"] = "invoice.paid",
        ["github"] = "issues",
        ["slack"] = "message",
        ["shopify"] = "orders/create",
        ["hubspot"] = "contact.propertyChange",
        ["gitlab"] = "Push Hook",
        ["zoom"] = "meeting.started",
    };

    /// <param name="scheme">The scheme's name.</param>
    /// <param name="type">The event's type, or <see langword="null"/> for a usual one.</param>
    /// <param name="now">The time that stands in the event.</param>
    public static SampleEvent Create(string scheme, string? type, DateTimeOffset now)
    {
        var (text, contentType) = Read(scheme);
        var id = RandomNumberGenerator.GetHexString(24, lowercase: true);
        var chosen = type ?? Types.GetValueOrDefault(scheme, "order.paid");
        var body = text
            .Replace("{id}", id, StringComparison.Ordinal)
            .Replace("{number}", RandomNumberGenerator.GetInt32(100_000_000, int.MaxValue).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{unix}", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{time}", now.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{type}", System.Text.Json.JsonEncodedText.Encode(chosen).ToString(), StringComparison.Ordinal);
        return new SampleEvent($"msg_{id}", chosen, contentType, Encoding.UTF8.GetBytes(body));
    }

    private static (string Text, string ContentType) Read(string scheme)
    {
        (string Name, string ContentType)[] names =
            [($"{scheme}.json", "application/json"), ($"{scheme}.form", "application/x-www-form-urlencoded"), ("default.json", "application/json")];
        foreach (var (name, contentType) in names)
        {
            using var stream = typeof(SampleEvents).Assembly.GetManifestResourceStream("samples/" + name);
            if (stream is not null)
            {
                using var reader = new StreamReader(stream);
                return (reader.ReadToEnd().TrimEnd('\n'), contentType);
            }
        }

        throw new InvalidOperationException("The sample events are missing.");
    }
}

/// <summary>An event to send.</summary>
/// <param name="Id">A message id, for schemes that send it in a header.</param>
/// <param name="Type">Its type.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="Body">The exact bytes.</param>
internal sealed record SampleEvent(string Id, string Type, string ContentType, byte[] Body);
