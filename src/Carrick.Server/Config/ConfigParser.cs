using Carrick.Hosting;
using Carrick.Integrations;

namespace Carrick.Server.Config;

/// <summary>Reads <c>carrick.yaml</c>. Every error is reported at once, by position. Thread-safe.</summary>
internal static class ConfigParser
{
    /// <param name="document">The file's bytes.</param>
    /// <param name="file">Its name for errors.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public static ConfigResult Parse(ReadOnlySpan<byte> document, string file, Func<string, string?> environment)
    {
        var context = new ConfigContext(file, environment);
        if (ConfigReader.Read(document, context) is not { } root || ConfigSection.Open(root, ConfigKeys.Root, context) is not { } section)
        {
            return new ConfigResult(null, context.Errors);
        }

        section.Require("integrations", "Add 'integrations:' with a name below it, or 'integrations: {}' for none.");
        var result = new ConfigDocument
        {
            Integrations = ReadIntegrations(section, context),
            Settings = SettingsRules.Read(section, context),
            Orders = context.Orders,
        };
        return context.HasErrors ? new ConfigResult(null, context.Errors) : new ConfigResult(result, []);
    }

    private static IReadOnlyList<IntegrationDefinition> ReadIntegrations(ConfigSection root, ConfigContext context)
    {
        switch (root.Find("integrations"))
        {
            case null:
                return [];
            case ConfigMapping mapping:
                return [.. mapping.Entries.Select(entry => ReadIntegration(entry, context)).OfType<IntegrationDefinition>()];
            case var node:
                context.Error(node, $"Must be a mapping, not {node.Kind}.", "Write one name per integration below it, or 'integrations: {}' for none.");
                return [];
        }
    }

    private static IntegrationDefinition? ReadIntegration(ConfigEntry entry, ConfigContext context)
    {
        var name = entry.Key.Text;
        if (!IntegrationBuilder.IsName(name))
        {
            context.Error(entry.Key, $"{ConfigText.Show(name)} cannot name an integration.", "Use 1 to 64 of a-z, 0-9 and '-'.");
        }

        if (ConfigSection.Open(entry.Value, ConfigKeys.Integration, context) is not { } section)
        {
            return null;
        }

        if (section.Find("receive") is null && section.Find("deliver") is null)
        {
            context.Error(entry.Key, "The integration does nothing.", "Add 'receive:', 'deliver:' or both.");
        }

        var source = section.Find("receive") is { } receive ? ReceiveRules.Read(receive, context) : null;
        return new IntegrationDefinition { Name = name, Source = source, Consumers = DeliverRules.Read(section, name, source, context) };
    }
}

/// <summary>A document, or why there is none.</summary>
/// <param name="Document">The document; <see langword="null"/> if there are errors.</param>
/// <param name="Errors">All errors, by position.</param>
internal sealed record ConfigResult(ConfigDocument? Document, IReadOnlyList<ConfigError> Errors);
