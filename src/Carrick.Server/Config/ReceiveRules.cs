using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Signatures;

namespace Carrick.Server.Config;

/// <summary>The rules of <c>receive</c>: those of the file here, those of schemes and secrets in <see cref="WebhookSourceDefinition.Validate"/>.</summary>
internal static class ReceiveRules
{
    // How the definition names its members in errors, and how the file does.
    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["maxBodyBytes"] = "maxBody",
        ["idPath"] = "id",
        ["typePath"] = "type",
        ["subjectPath"] = "subject",
        ["versionPath"] = "version",
    };

    private static readonly (string Word, SameBodyPolicy Value)[] SameBodies = [("accept", SameBodyPolicy.Accept), ("refuse", SameBodyPolicy.Refuse)];

    private static readonly Dictionary<string, string> Remedies = new(StringComparer.Ordinal)
    {
        ["secrets"] = "Copy the secret from the sender's settings into a variable; 'carrick schemes NAME' says what it looks like.",
        ["accept"] = "Remove the key for the scheme's default, or see 'carrick schemes NAME'.",
        ["publicUrl"] = "Set the URL that the sender posts to, as it is written there.",
        ["verifyToken"] = "Set the token that you gave to the sender.",
    };

    /// <summary>The source; <see langword="null"/> if it has no scheme, which is an error.</summary>
    public static SourceDefinition? Read(ConfigNode node, ConfigContext context)
    {
        if (ConfigSection.Open(node, ConfigKeys.Receive, context) is not { } section)
        {
            return null;
        }

        section.Require("scheme", "Name one of 'carrick schemes'.");
        var secrets = section.Texts("secrets");
        var scheme = ReadScheme(section, context);
        var definition = new WebhookSourceDefinition
        {
            Scheme = scheme ?? WebhookScheme.StandardWebhooks,
            Secrets = [.. secrets.Select(secret => secret.Text)],
            Accept = section.Find("accept") is null ? null : [.. section.Texts("accept").Select(name => name.Text)],
            PublicUrl = UrlRules.Read(section, "publicUrl"),
            Tolerance = section.Duration("tolerance", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            VerifyToken = section.Text("verifyToken"),
            MaxBodyBytes = section.Size("maxBody", 1024, 25 * 1024 * 1024) ?? 1024 * 1024,
            IdPath = section.Text("id"),
            TypePath = section.Text("type"),
            SubjectPath = section.Text("subject"),
            VersionPath = section.Text("version"),
            SameBody = section.Word("sameBody", SameBodies) ?? SameBodyPolicy.Accept,
        };
        if (scheme is null)
        {
            return null;
        }

        Report(section, secrets, definition.Validate(), context);
        return definition;
    }

    private static WebhookScheme? ReadScheme(ConfigSection section, ConfigContext context)
    {
        if (section.Find("scheme") is ConfigMapping own)
        {
            return OwnSchemeRules.Read(own, context);
        }

        if (section.Text("scheme") is not { } name)
        {
            return null;
        }

        if (WebhookScheme.TryGet(name, out var scheme))
        {
            return scheme;
        }

        var near = section.Find("scheme") is ConfigScalar scalar ? Suggestion.Nearest(scalar.Text, WebhookScheme.All.Select(known => known.Name)) : null;
        section.Error("scheme", "There is no such scheme.", near is null ? "See 'carrick schemes'." : $"Did you mean '{near}'?");
        return null;
    }

    private static void Report(ConfigSection section, IReadOnlyList<ConfigValue> secrets, IReadOnlyList<string> errors, ConfigContext context)
    {
        foreach (var error in errors)
        {
            var colon = error.IndexOf(':', StringComparison.Ordinal);
            var member = colon < 0 ? "scheme" : error[..colon];
            var bracket = member.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? member : member[..bracket];
            var key = Keys.GetValueOrDefault(name, name);
            if (key == "secrets" && bracket < 0 && section.Find(key) is not null)
            {
                // The list is short of items because each had an error of its own.
                continue;
            }

            var index = bracket < 0 ? "" : member[(bracket + 1)..].TrimEnd(']');
            var node = (key == "secrets" ? Secret(secrets, index) : Item(section.Find(key), index)) ?? section.Node;
            var path = node == section.Node ? ConfigText.Join(section.Node.Path, key) : node.Path;
            var message = ConfigText.Foreign(section.Find(key) ?? node, error[(colon + 1)..].Trim());
            context.Error(node.Line, node.Column, path, message, Remedies.GetValueOrDefault(key, "See 'carrick schemes NAME'."));
        }
    }

    // Secrets that had an error of their own are not in the definition, so that its numbers are not those of the file.
    private static ConfigNode? Secret(IReadOnlyList<ConfigValue> secrets, string index) =>
        int.TryParse(index, out var i) && i >= 0 && i < secrets.Count ? secrets[i].Node : null;

    private static ConfigNode? Item(ConfigNode? node, string index) =>
        node is ConfigList list && int.TryParse(index, out var i) && i >= 0 && i < list.Items.Count ? list.Items[i] : node;
}
