using Carrick.Hosting;
using Carrick.Server.Cli;

namespace Carrick.Server.Serve;

/// <summary>Tells what a connection string asks for. It may hold a password, so that errors never show it.</summary>
internal static class ConnectionText
{
    private const string Key = "ConnectionStrings__Carrick";

    private static readonly string[] Postgres = ["Host=", "Server=", "postgres://", "postgresql://"];

    /// <exception cref="CliException">It asks for a store that this version does not have, or it cannot be read.</exception>
    public static void Check(string? text)
    {
        if (text is null)
        {
            return;
        }

        if (Array.Exists(Postgres, sign => text.Contains(sign, StringComparison.OrdinalIgnoreCase)))
        {
            throw new CliException(new CliFailure(
                ExitCodes.Usage, $"{Key} asks for PostgreSQL, and this version has no PostgreSQL store.", "Unset it to use SQLite in the data directory."));
        }

        try
        {
            new CarrickBuilder(new ServiceCollection()).UseSqlite(text);
        }
        catch (ArgumentException)
        {
            throw new CliException(new CliFailure(
                ExitCodes.Usage,
                $"{Key} is not a connection string that SQLite can use.",
                "Write it like 'Data Source=/var/lib/carrick/carrick.db', or unset it to use SQLite in the data directory."));
        }
    }
}
