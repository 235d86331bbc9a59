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

    /// <summary>The database file.</summary>
    public string DatabasePath => Path.Combine(DataDirectory, "carrick.db");

    public static ServerSettings Resolve(IConfiguration configuration, ServerArguments arguments) => new()
    {
        Urls = arguments.Urls ?? configuration["Carrick:Urls"] ?? configuration["urls"] ?? "http://127.0.0.1:8420",
        DataDirectory = Path.GetFullPath(arguments.Data ?? configuration["Carrick:Data"] ?? "carrick-data"),
        ConfigFile = arguments.Config ?? configuration["Carrick:Config"],
        Migrate = !arguments.NoMigrate && !string.Equals(configuration["Carrick:Migrate"], "false", StringComparison.OrdinalIgnoreCase),
        ConnectionString = configuration.GetConnectionString("Carrick") is { Length: > 0 } text ? text : null,
    };
}

/// <summary>What the arguments say; unset members leave the decision to the environment.</summary>
/// <param name="Urls">Where to listen.</param>
/// <param name="Data">The data directory.</param>
/// <param name="Config">The configuration.</param>
/// <param name="NoMigrate">Leave the schema alone.</param>
internal sealed record ServerArguments(string? Urls = null, string? Data = null, string? Config = null, bool NoMigrate = false);
