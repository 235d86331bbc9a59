using System.Text;
using Carrick.Server.Cli;
using Carrick.Server.Config;

namespace Carrick.Server.Serve;

/// <summary>Finds the configuration of a start: the file that was named, else the one that was applied last, else none.</summary>
internal static class ConfigurationLoader
{
    private const string StoredName = "applied configuration";

    private static readonly ConfigDocument Empty = new() { Integrations = [], Settings = new EngineSettings() };

    /// <exception cref="CliException">The file cannot be read or is not valid; every error is in the details.</exception>
    public static async Task<LoadedConfiguration> LoadAsync(ServerSettings settings, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        if (settings.ConfigFile is { } file)
        {
            var bytes = LocalFile.ReadBytes(file, ConfigLimits.MaxBytes);
            return new LoadedConfiguration(Encoding.UTF8.GetString(bytes), Parse(bytes, file, environment));
        }

        return await StoreAccess.ReadConfigurationAsync(settings, cancellationToken) is { } stored
            ? new LoadedConfiguration(stored, Parse(Encoding.UTF8.GetBytes(stored), StoredName, environment))
            : new LoadedConfiguration(null, Empty);
    }

    private static ConfigDocument Parse(byte[] bytes, string name, Func<string, string?> environment)
    {
        var result = ConfigParser.Parse(bytes, name, environment);
        return result.Document ?? throw new CliException(
            new CliFailure(ExitCodes.Usage, "The configuration is not valid.", name == StoredName ? "Mend it and start with --config FILE." : "Mend the file.")
            {
                Details = [.. result.Errors.Select(error => error.ToString())],
            });
    }
}

/// <summary>A configuration and its text.</summary>
/// <param name="Text">The text, without the values of variables.</param>
/// <param name="Document">What it says.</param>
internal sealed record LoadedConfiguration(string? Text, ConfigDocument Document);
