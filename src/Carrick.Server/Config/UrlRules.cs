namespace Carrick.Server.Config;

/// <summary>The rules of URLs. A URL may hold a token, so that errors never show it.</summary>
internal static class UrlRules
{
    private const int MaxLength = 2_048;

    private static readonly (Func<string, Uri?, bool> Breaks, string Message, string Remedy)[] Rules =
    [
        ((text, _) => text.Length > MaxLength, "The URL is longer than 2048 characters.", "Shorten it."),
        ((text, _) => text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)), "The URL has spaces or control characters.", "Write them as %20 and the like."),
        ((text, _) => text.Contains('\\', StringComparison.Ordinal), "The URL has a backslash.", "Use '/'."),
        ((_, uri) => uri is null, "The URL is not an absolute http or https URL.", "Write it like https://example.com/hooks."),
        ((_, uri) => uri!.UserInfo.Length > 0, "The URL has a user name or password.", "Put credentials into 'headers', from a variable."),
        ((text, _) => text.Contains('#', StringComparison.Ordinal), "The URL has a fragment.", "Remove '#' and what follows."),
        ((_, uri) => uri!.Host.EndsWith('.'), "The host ends with a dot.", "Remove the dot."),
        ((_, uri) => uri!.Host.Any(c => !char.IsAscii(c)), "The host has characters outside of ASCII.", "Write it in its xn-- form, so that a look-alike shows."),
    ];

    /// <summary>The URL of a key, or <see langword="null"/> after an error or if the key is unset.</summary>
    public static Uri? Read(ConfigSection section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return null;
        }

        var uri = Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed is { Scheme: "http" or "https", Host.Length: > 0 }
            ? parsed
            : null;
        foreach (var (breaks, message, remedy) in Rules)
        {
            if (breaks(text, uri))
            {
                section.Error(key, message, remedy);
                return null;
            }
        }

        return uri;
    }
}
