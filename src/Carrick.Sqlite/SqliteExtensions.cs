using Carrick.Handlers;
using Carrick.Sqlite;
using Carrick.Sqlite.Handlers;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Carrick.Hosting;

/// <summary>Carrick on SQLite.</summary>
public static class SqliteExtensions
{
    /// <summary>Keeps events and outstanding work in a SQLite file. Handlers get a file of their own beside it
    /// (<c>carrick.handlers.db</c> beside <c>carrick.db</c>), unless a handler database was chosen before.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="connectionString">A Microsoft.Data.Sqlite connection string that names a file, such as <c>Data Source=carrick.db</c>.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read, or names no file.</exception>
    public static CarrickBuilder UseSqlite(this CarrickBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var file = new SqliteFile(connectionString);
        builder.UseStore(services => new SqliteStore(
            file, Time(services), Logger<SqliteStore>(services), searchTime: services.GetService<IOptions<CarrickOptions>>()?.Value.QueryTimeLimit));
        if (!builder.Services.Any(service => service.ServiceType == typeof(IHandlerDatabase)))
        {
            builder.UseHandlerDatabase(_ => new SqliteHandlerDatabase(new SqliteFile(file.ForHandlers())));
        }

        return builder;
    }

    /// <summary>Handlers book their effects in this SQLite file, in a transaction that also holds the ledger and the outbox.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="connectionString">A Microsoft.Data.Sqlite connection string that names a file.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read, or names no file.</exception>
    public static CarrickBuilder UseSqliteHandlerDatabase(this CarrickBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var file = new SqliteFile(connectionString);
        return builder.UseHandlerDatabase(_ => new SqliteHandlerDatabase(file));
    }

    /// <summary>Handlers book their effects in the engine's own SQLite file: effect, ledger and completion are one transaction.
    /// A slow handler then holds up receiving, because SQLite has one writer at a time.</summary>
    /// <exception cref="InvalidOperationException">When the application starts: the store is not SQLite.</exception>
    public static CarrickBuilder UseEngineDatabaseForHandlers(this CarrickBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseHandlerDatabase(services => services.GetRequiredService<IStore>() is SqliteStore store
            ? new SqliteHandlerDatabase(store.File, new EngineLink(store))
            : throw new InvalidOperationException("UseEngineDatabaseForHandlers needs UseSqlite as the store."));
    }

    private static TimeProvider Time(IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;

    private static ILogger Logger<T>(IServiceProvider services) =>
        (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<T>();
}
