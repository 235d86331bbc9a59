using Carrick.Hosting;
using Carrick.Server.Cli;
using Carrick.Storage;

namespace Carrick.Server.Serve;

/// <summary>The store a server uses, and what is done with it before the engine takes it over.</summary>
internal static class StoreAccess
{
    /// <summary>Chooses the store.</summary>
    /// <exception cref="CliException">The connection string cannot be read.</exception>
    public static CarrickBuilder UseStore(this CarrickBuilder carrick, ServerSettings settings)
    {
        if (settings.ConnectionString is { } text)
        {
            return ConnectionText.Use(carrick, text, settings.Postgres);
        }

        DataDirectory.Ensure(settings.DataDirectory);
        return carrick.UseSqlite($"Data Source={settings.DatabasePath}");
    }

    /// <summary>Brings the schema up to date and returns the migrations that ran.</summary>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public static async Task<IReadOnlyList<string>> MigrateAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        await using var services = Open(settings);
        return await services.GetRequiredService<IStore>().MigrateAsync(cancellationToken);
    }

    /// <summary>The configuration that was applied last, or <see langword="null"/>.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public static async Task<string?> ReadConfigurationAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        await using var services = Open(settings);
        return await services.GetRequiredService<IStore>().Queries.ReadConfigurationAsync(cancellationToken);
    }

    /// <summary>Looks whether a server could use the store as it is now; nothing is changed.</summary>
    /// <exception cref="StoreException">It could not; the message says why and what to do.</exception>
    public static async Task CheckAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        await using var services = Open(settings);
        await services.GetRequiredService<IStore>().CheckAsync(cancellationToken);
    }

    private static ServiceProvider Open(ServerSettings settings)
    {
        var services = new ServiceCollection();
        new CarrickBuilder(services).UseStore(settings);
        return services.BuildServiceProvider();
    }
}
