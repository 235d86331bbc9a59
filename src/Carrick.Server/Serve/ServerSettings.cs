using Carrick.Postgres;
using Carrick.Server.Cli;

namespace Carrick.Server.Serve;

/// <summary>How a server starts: arguments first, then the environment (<c>CARRICK__...</c>), then <c>appsettings.json</c>, then defaults.</summary>
internal sealed record ServerSettings
{
    /// <summary>Where to listen; several are separated by semicolons.</summary>
    /// <value>Default: http://127.0.0.1:8420.</value>
    public required string Urls { get; init; }

    /// <summary>Where the SQLite files are.</summary>
    /// <value>Default: ./carrick-data.</value>
    public required string DataDirectory { get; init; }

    /// <summary>The configuration, or <see langword="null"/> for the one that was applied last.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Whether the schema is brought up to date at start.</summary>
    /// <value>Default: yes.</value>
    public bool Migrate { get; init; } = true;

    /// <summary>Another store's connection string, or <see langword="null"/> for SQLite.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>How PostgreSQL is used, if <see cref="ConnectionString"/> names one.</summary>
    public PostgresOptions Postgres { get; init; } = new();

    /// <summary>The database file.</summary>
    public string DatabasePath => Path.Combine(DataDirectory, "carrick.db");

    /// <summary>Finds the settings; one that is empty counts as unset.</summary>
    /// <exception cref="CliException">A setting cannot be used; the message names its key, never its value.</exception>
    public static ServerSettings Resolve(IConfigurationRoot configuration, ServerArguments arguments)
    {
        var migrate = ReadMigrate(configuration);
        var connection = Read(configuration, "ConnectionStrings:Carrick");
        var postgres = OptionSections.ReadPostgres(configuration);
        ConnectionText.Check(connection, postgres);
        return new ServerSettings
        {
            Urls = Given(arguments.Urls) ?? Read(configuration, "Carrick:Urls") ?? Read(configuration, "urls") ?? "http://127.0.0.1:8420",
            DataDirectory = FullPath(Given(arguments.Data) ?? Read(configuration, "Carrick:Data") ?? "carrick-data"),
            ConfigFile = Given(arguments.Config) ?? Read(configuration, "Carrick:Config"),
            Migrate = migrate && !arguments.NoMigrate,
            ConnectionString = connection,
            Postgres = postgres,
        };
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    // Not by the indexer: a variable that is set to nothing would hide what the file says.
    private static string? Read(IConfigurationRoot configuration, string key) => configuration.Providers.Reverse()
        .Select(provider => provider.TryGet(key, out var text) ? Given(text) : null)
        .FirstOrDefault(text => text is not null);

    private static bool ReadMigrate(IConfigurationRoot configuration) => Read(configuration, "Carrick:Migrate")?.ToUpperInvariant() switch
    {
        null or "TRUE" => true,
        "FALSE" => false,
        _ => throw new CliException(new CliFailure(
            ExitCodes.Usage, "Carrick:Migrate (CARRICK__MIGRATE) is neither true nor false.", "Set it to false to leave the schema alone, or unset it.")),
    };

    private static string FullPath(string path)
    {
        try
        {
            return Path.GetFullPath(path);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or PathTooLongException)
        {
            throw new CliException(new CliFailure(
                ExitCodes.Usage, "Carrick:Data (--data, CARRICK__DATA) is not a path.", "Name a directory, such as /var/lib/carrick."));
        }
    }
}

/// <summary>What the arguments say; unset members leave the decision to the environment.</summary>
/// <param name="Urls">Where to listen.</param>
/// <param name="Data">The data directory.</param>
/// <param name="Config">The configuration.</param>
/// <param name="NoMigrate">Leave the schema alone.</param>
internal sealed record ServerArguments(string? Urls = null, string? Data = null, string? Config = null, bool NoMigrate = false);
