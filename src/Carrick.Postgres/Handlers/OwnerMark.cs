using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <summary>
/// A shared advisory lock that each handler transaction in the engine's database holds: it names the owner of the store, also behind a pooler. Whoever
/// takes the store over ends the transactions of those who owned it before, which may stand still and hold rows that are needed.
/// </summary>
internal static class OwnerMark
{
    /// <summary>An expression that sets the mark, with the parameters <c>$1</c> and <c>$2</c>.</summary>
    public const string Set = "pg_advisory_xact_lock_shared($1, $2)";

    private const string EndOthers =
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock' AND objsubid = 2 AND pid <> pg_backend_pid()
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = $1::oid AND objid <> $2::oid
        """;

    public static NpgsqlParameter[] Parameters(long lockKey, long epoch) => [P.Int32(unchecked((int)lockKey)), P.Int32(unchecked((int)epoch))];

    /// <summary>Ends the handler transactions of everybody but the owner with this epoch.</summary>
    public static Task EndOthersAsync(NpgsqlConnection connection, long lockKey, long epoch, CancellationToken cancellationToken) =>
        connection.ScalarAsync(EndOthers, cancellationToken, P.Int64((uint)lockKey), P.Int64((uint)epoch));
}
