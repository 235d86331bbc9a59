using Carrick.Postgres.Raw;
using Carrick.Shards;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>A commit whose connection was lost before it was answered.</summary>
/// <param name="Transaction">The number of its transaction.</param>
/// <param name="Backend">The process of the server that has it.</param>
/// <param name="ServerStarted">When that server was started.</param>
/// <param name="Trace">What it alone has written; see <see cref="CommitTrace"/>.</param>
internal sealed record CommitDoubt(string Transaction, int Backend, string ServerStarted, WriteStatement? Trace)
{
    /// <summary>Whether it is durable. When this has told, the transaction can change no more.</summary>
    /// <exception cref="StoreException">It is not known yet, or never.</exception>
    /// <exception cref="NpgsqlException">The server cannot be asked.</exception>
    public bool IsDurable(PostgresDatabase database, NpgsqlConnection connection)
    {
        string? status;
        try
        {
            using var command = new NpgsqlCommand("SELECT pg_xact_status($1::text::xid8)", connection) { Parameters = { P.Text(Transaction) } };
            status = command.ExecuteScalar() as string;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // The number is in the future: the server crashed before anything of the transaction was on disk, and counts from before it.
            return false;
        }

        switch (status)
        {
            case "committed":
                return IsOurs(database, connection);
            case "aborted":
                return false;
            case null:
                throw new StoreException($"'{database.Name}' no longer knows what became of the transaction {Transaction}.", StoreFailure.Fatal);
        }

        // Its connection is lost to us, but the server may not have noticed; nobody else may use what it has locked.
        using var terminate = new NpgsqlCommand("SELECT pg_terminate_backend($1) WHERE pg_postmaster_start_time()::text = $2", connection)
        {
            Parameters = { P.Int32(Backend), P.Text(ServerStarted) },
        };
        terminate.ExecuteNonQuery();
        throw new StoreException($"The last commit in '{database.Name}' is still under way.", StoreFailure.Transient);
    }

    /// <summary>Whether the transaction that has the number, and is committed, is the one in doubt. What left no trace was rather not written: it is asked for again.</summary>
    private bool IsOurs(PostgresDatabase database, NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(database.Sql(Trace?.Sql ?? "SELECT 1 WHERE pg_postmaster_start_time()::text = $1"), connection);
        foreach (var parameter in Trace?.Parameters ?? [P.Text(ServerStarted)])
        {
            // It may be asked again, and a parameter belongs to one command.
            command.Parameters.Add(parameter.Clone());
        }

        return command.ExecuteScalar() is not null;
    }
}

/// <summary>What is true once a transaction is durable.</summary>
/// <param name="Known">The newest id that this node knows of; <see langword="null"/> for a transaction of the store's own, behind which no news are read.</param>
/// <param name="News">What others have done.</param>
/// <param name="Names">The names, if others have added some.</param>
internal sealed record Settled(long? Known, News? News, Names? Names);
