using Carrick.Handlers;
using Carrick.Postgres;
using Carrick.Postgres.Handlers;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Carrick.Hosting;

/// <summary>Carrick on PostgreSQL.</summary>
public static class PostgresExtensions
{
    /// <summary>Keeps events and outstanding work in PostgreSQL 15 or newer. Handlers book their effects in the same database, unless a handler
    /// database was chosen before: effect, ledger and completion are then one transaction.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="connectionString">An Npgsql connection string, such as <c>Host=db;Database=carrick;Username=carrick;Password=...</c>. It may name a PgBouncer in transaction mode.</param>
    /// <param name="configure">Schema and limits.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read or names no host or database, or an option is out of its range.</exception>
    public static CarrickBuilder UsePostgres(this CarrickBuilder builder, string connectionString, Action<PostgresOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = Read(configure);
        var schema = new SchemaName(options.Schema);
        // Read here for its errors; each store has a pool of its own, which it disposes.
        _ = new PostgresDatabase(connectionString, schema);
        builder.UseStore(services => new PostgresStore(
            new PostgresDatabase(connectionString, schema) { NodeName = options.NodeName },
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<PostgresStore>(),
            services.GetService<IOptions<CarrickOptions>>()?.Value.QueryTimeLimit));
        if (!builder.Services.Any(service => service.ServiceType == typeof(IHandlerDatabase)))
        {
            builder.UseHandlerDatabase(services => services.GetRequiredService<IStore>() is PostgresStore store
                ? new PostgresHandlerDatabase(store.Database, options.HandlerSessions, store)
                : throw new InvalidOperationException("Another store was chosen after UsePostgres; choose a handler database for it."));
        }

        return builder;
    }

    /// <summary>Handlers book their effects in this PostgreSQL database, in a transaction that also holds the ledger and the outbox.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="connectionString">An Npgsql connection string.</param>
    /// <param name="configure">The schema of ledger and outbox, and limits.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read or names no host or database, or an option is out of its range.</exception>
    public static CarrickBuilder UsePostgresHandlerDatabase(this CarrickBuilder builder, string connectionString, Action<PostgresOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = Read(configure);
        var schema = new SchemaName(options.Schema);
        _ = new PostgresDatabase(connectionString, schema);
        return builder.UseHandlerDatabase(_ => new PostgresHandlerDatabase(new PostgresDatabase(connectionString, schema), options.HandlerSessions));
    }

    private static PostgresOptions Read(Action<PostgresOptions>? configure)
    {
        var options = new PostgresOptions();
        configure?.Invoke(options);
        if (options.HandlerSessions is < 1 or > 64)
        {
            throw new ArgumentException($"HandlerSessions is {options.HandlerSessions}; it must be from 1 to 64.", nameof(configure));
        }

        return options.NodeName is null or { Length: >= 1 and <= 100 }
            ? options
            : throw new ArgumentException($"NodeName has {options.NodeName.Length} characters; it must have 1 to 100.", nameof(configure));
    }
}
