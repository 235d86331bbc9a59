using Carrick.Hosting;
using Carrick.Postgres;
using Carrick.Server.Cli;

namespace Carrick.Server.Serve;

/// <summary>Tells what a connection string asks for. It may hold a password, so that errors never show it.</summary>
internal static class ConnectionText
{
    private const string Key = "ConnectionStrings__Carrick";

    private const string ConnectionString = "connectionString";

    private static readonly string[] Postgres = ["Host=", "Server="];

    private static readonly string[] Addresses = ["postgres://", "postgresql://"];

    /// <summary>Uses the store that a connection string asks for: PostgreSQL if it names a host, else SQLite.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static CarrickBuilder Use(CarrickBuilder carrick, string text, PostgresOptions options)
    {
        if (Addresses.Any(sign => text.StartsWith(sign, StringComparison.OrdinalIgnoreCase)))
        {
            throw new CliException(new CliFailure(
                ExitCodes.Usage,
                $"{Key} is an address; a connection string of keys and values is needed.",
                "Write it like 'Host=db;Database=carrick;Username=carrick;Password=...'."));
        }

        var postgres = Postgres.Any(sign => text.Contains(sign, StringComparison.OrdinalIgnoreCase));
        try
        {
            return postgres
                ? carrick.UsePostgres(text, own => (own.Schema, own.HandlerSessions, own.NodeName) = (options.Schema, options.HandlerSessions, options.NodeName))
                : carrick.UseSqlite(text);
        }
        catch (ArgumentException error) when (postgres && error.ParamName != ConnectionString)
        {
            throw new CliException(new CliFailure(ExitCodes.Usage, "The settings are not valid.", "See 'Options' in docs/guide/configuration.md.")
            {
                Details = [$"Carrick:Postgres: {error.Message.Split(" (Parameter ")[0]}"],
            });
        }
        catch (ArgumentException)
        {
            throw new CliException(postgres
                ? new CliFailure(
                    ExitCodes.Usage,
                    $"{Key} is not a connection string that PostgreSQL can use.",
                    "Write it like 'Host=db;Database=carrick;Username=carrick;Password=...'.")
                : new CliFailure(
                    ExitCodes.Usage,
                    $"{Key} is not a connection string that SQLite can use.",
                    "Write it like 'Data Source=/var/lib/carrick/carrick.db', or unset it to use SQLite in the data directory."));
        }
    }

    /// <summary>Finds errors early.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static void Check(string? text, PostgresOptions options)
    {
        if (text is not null)
        {
            Use(new CarrickBuilder(new ServiceCollection()), text, options);
        }
    }
}
