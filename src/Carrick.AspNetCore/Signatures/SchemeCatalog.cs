using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Carrick.Signatures;

/// <summary>The built-in schemes, read from the assembly's resources once.</summary>
internal static class SchemeCatalog
{
    private const string ResourcePrefix = "Carrick.Signatures.Schemes.";
    private static readonly Lazy<FrozenDictionary<string, WebhookScheme>> Schemes = new(Load);

    public static IReadOnlyCollection<WebhookScheme> All => [.. Schemes.Value.Values.OrderBy(scheme => scheme.Name, StringComparer.Ordinal)];

    public static WebhookScheme Get(string name) => Schemes.Value[name];

    public static bool TryGet(string? name, [NotNullWhen(true)] out WebhookScheme? scheme)
    {
        scheme = null;
        return name is not null && Schemes.Value.TryGetValue(name, out scheme);
    }

    private static FrozenDictionary<string, WebhookScheme> Load()
    {
        var assembly = typeof(SchemeCatalog).Assembly;
        var schemes = new Dictionary<string, WebhookScheme>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var scheme = WebhookScheme.Parse(reader.ReadToEnd());
            schemes.Add(scheme.Name, scheme);
        }

        return schemes.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
