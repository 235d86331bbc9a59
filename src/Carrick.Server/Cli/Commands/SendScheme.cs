using Carrick.Server.Config;
using Carrick.Signatures;

namespace Carrick.Server.Cli.Commands;

/// <summary>Which scheme, and which of its ways to sign, <c>send</c> uses.</summary>
internal static class SendScheme
{
    /// <exception cref="CliException">None or both are named, or what is named cannot be used.</exception>
    public static WebhookScheme Find(string? name, string? file, Func<string, string?> environment) => (name, file) switch
    {
        ({ } known, null) => Named(known),
        (null, { } own) => OfFile(own, environment),
        _ => throw new CliException(new CliFailure(ExitCodes.Usage, "Name the scheme once.", "Use a name of 'carrick schemes', or --scheme-file FILE.")),
    };

    /// <exception cref="CliException">The scheme has no such alternative.</exception>
    public static string? Alternative(WebhookScheme scheme, string? name) => name is null || scheme.Alternatives.Contains(name)
        ? name
        : throw new CliException(new CliFailure(
            ExitCodes.Usage, $"Scheme '{scheme.Name}' has no alternative {ConfigText.Show(name)}.", $"It has {string.Join(", ", scheme.Alternatives)}."));

    private static WebhookScheme Named(string name)
    {
        if (WebhookScheme.TryGet(name, out var scheme))
        {
            return scheme;
        }

        var near = Suggestion.Nearest(name, WebhookScheme.All.Select(known => known.Name));
        throw new CliException(new CliFailure(
            ExitCodes.Usage, $"There is no scheme {ConfigText.Show(name)}.", near is null ? "See 'carrick schemes'." : $"Did you mean '{near}'?"));
    }

    private static WebhookScheme OfFile(string file, Func<string, string?> environment)
    {
        var context = new ConfigContext(file, environment);
        var scheme = ConfigReader.Read(LocalFile.ReadBytes(file, ConfigLimits.MaxBytes), context) is { } root ? OwnSchemeRules.Read(root, context) : null;
        return scheme ?? throw new CliException(new CliFailure(ExitCodes.Usage, "The scheme is not valid.")
        {
            Details = [.. context.Errors.Select(error => error.ToString())],
        });
    }
}
