using System.Reflection;
using System.Text.Json;

namespace Carrick.Tests.Signatures;

/// <summary>A published signature: what a provider's own documentation or library says is right.</summary>
internal sealed record Vector
{
    public required string Scheme { get; init; }

    public required string Alternative { get; init; }

    public required string Source { get; init; }

    public required string Secret { get; init; }

    public required Dictionary<string, string> Headers { get; init; }

    public required string Body { get; init; }

    public string Method { get; init; } = "POST";

    public string? Url { get; init; }

    public long Time { get; init; }

    public static IReadOnlyList<Vector> All { get; } = Load();

    public override string ToString() => $"{Scheme}/{Alternative} {Source}";

    private static List<Vector> Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("signature-vectors.json")!;
        return JsonSerializer.Deserialize<List<Vector>>(stream, JsonSerializerOptions.Web)!;
    }
}
