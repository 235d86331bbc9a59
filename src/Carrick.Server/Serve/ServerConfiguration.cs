using System.Globalization;
using System.Text.Json;
using Carrick.Server.Cli;

namespace Carrick.Server.Serve;

/// <summary>The settings of <c>appsettings.json</c> and the environment.</summary>
internal static class ServerConfiguration
{
    /// <summary>What a server would read, for commands that start none.</summary>
    /// <exception cref="CliException">A settings file cannot be read.</exception>
    public static IConfigurationRoot Read() => Read(() => new ConfigurationBuilder()
        .SetBasePath(Directory.GetCurrentDirectory())
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build());

    /// <summary>Reads settings files; one that cannot be read is told in one line that shows nothing of it.</summary>
    /// <exception cref="CliException">A settings file cannot be read.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException exception)
        {
            // The message names the file; those of the inner exceptions may quote it.
            throw new CliException(new CliFailure(ExitCodes.Usage, exception.Message + Line(exception), "Mend it: it must be JSON, without a key twice."));
        }
    }

    private static string Line(Exception exception)
    {
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is JsonException { LineNumber: { } line })
            {
                return $" It is not JSON at line {(line + 1).ToString(CultureInfo.InvariantCulture)}.";
            }
        }

        return "";
    }
}
