using System.Collections.Concurrent;
using System.Globalization;
using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <summary>
/// Transactions of this process whose connection was lost before their end. The server may not hear of that for hours, and until then keeps what they have
/// locked: the ledger's rows of their messages, and what handlers have changed. So the session that takes the place of a lost one ends them. Thread-safe.
/// </summary>
internal sealed class LostTransactions(PostgresDatabase database)
{
    // A transaction that has written has a lock that nobody else can have, the one on its own number. It is found through a pooler too, and is gone when the
    // transaction is. Of one that had told nothing yet only the server's process is known. Either could mean another one after a fail-over or when the process is
    // gone, so that only sessions with the name of this node are ended: the worst is that one of its own is tried again.
    private const string End =
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = $3 AND pid <> pg_backend_pid() AND (pid = ANY ($2) OR pid IN (
            SELECT pid FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted AND transactionid::text = ANY ($1)))
        """;

    private readonly ConcurrentDictionary<(string? Id, int Process), byte> _lost = [];

    /// <param name="id">The transaction's number, or <see langword="null"/> if the server has not told it.</param>
    /// <param name="process">The server's process that had it.</param>
    public void Add(string? id, int process)
    {
        if (id is not null || !database.IsBehindPooler)
        {
            _lost[(id, process)] = 0;
        }
    }

    /// <summary>A transaction whose connection is still there, in the hands of code that does not end.</summary>
    public void AddAbandoned(string? id, int process)
    {
        Add(id, process);
        // Also by its process where that is known: the code may have begun another transaction.
        Add(null, process);
    }

    /// <summary>Ends them now and does not leave it to the next session.</summary>
    /// <exception cref="NpgsqlException">They could not be ended; the next session tries again.</exception>
    /// <returns><see langword="false"/> if the role may end no session.</returns>
    public async ValueTask<bool> EndAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenPooledAsync(cancellationToken).ConfigureAwait(false);
        return await EndAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends them.</summary>
    /// <exception cref="NpgsqlException">They could not be ended; the next session tries again.</exception>
    /// <returns><see langword="false"/> if the role may end no session.</returns>
    public async ValueTask<bool> EndAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_lost.IsEmpty)
        {
            return true;
        }

        var mayEnd = true;

        (string? Id, int Process)[] lost = [.. _lost.Keys];
        try
        {
            await connection.ScalarAsync(
                End,
                cancellationToken,
                P.Texts([.. from one in lost where one.Id is not null select ((uint)ulong.Parse(one.Id, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture)]),
                P.Int32s([.. from one in lost where one.Id is null select one.Process]),
                P.Text(database.SessionName)).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Where the role may end no session, those remain until TCP notices. Handlers must work all the same.
            mayEnd = false;
        }

        foreach (var one in lost)
        {
            _lost.TryRemove(one, out _);
        }

        return mayEnd;
    }
}
