using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Drops the days of events that retention has closed: detaches them beside everybody who uses the table, and drops them when nobody does. What an end of
/// the process, or somebody who reads the day, has left half done is gone on with by the next call. One caller at a time.
/// </summary>
internal static class OldDays
{
    // For those who use a day.
    private const int WaitSeconds = 2;

    private const string Partitions =
        "SELECT c.relname::text, i.inhdetachpending FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1)";

    /// <summary>Drops what can be dropped.</summary>
    /// <param name="database">Where.</param>
    /// <param name="before">Days that end later are not dropped, also when they are closed: retention has been made longer.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    public static async ValueTask DropAsync(PostgresDatabase database, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        var reader = new Query(connection, null, database);
        var partitions = await reader.ListAsync(
            Partitions, [P.Text(database.Sql("~events"))], static row => KeyValuePair.Create(row.GetString(0), row.GetBoolean(1)), cancellationToken).ConfigureAwait(false);
        var isPending = partitions.ToDictionary();
        var closed = await reader.ListAsync(
            "SELECT value FROM ~meta WHERE name LIKE 'closed day %' ORDER BY value", [], static row => EventPartitions.DayOf(row.GetInt64(0)), cancellationToken).ConfigureAwait(false);
        foreach (var day in closed)
        {
            var isAttached = isPending.TryGetValue(EventPartitions.NameOf(day), out var pending);
            if (day >= DateOnly.FromDateTime(before.UtcDateTime) && isAttached && !pending)
            {
                await ForgetAsync(database, connection, day, cancellationToken).ConfigureAwait(false);
            }
            else if (!await TryDropAsync(database, connection, day, isAttached, pending, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <returns><see langword="false"/> if somebody uses the day: nobody waits behind us meanwhile, and the next sweep goes on.</returns>
    private static async ValueTask<bool> TryDropAsync(
        PostgresDatabase database, NpgsqlConnection connection, DateOnly day, bool isAttached, bool isPending, CancellationToken cancellationToken)
    {
        var name = EventPartitions.NameOf(day);
        try
        {
            if (isAttached)
            {
                await RunAsync($"ALTER TABLE ~events DETACH PARTITION ~{name} {(isPending ? "FINALIZE" : "CONCURRENTLY")}").ConfigureAwait(false);
            }

            await RunAsync($"DROP TABLE IF EXISTS ~{name}").ConfigureAwait(false);
        }
        catch (NpgsqlException error) when (error.InnerException is TimeoutException || error is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled })
        {
            return false;
        }

        await connection.ExecuteAsync(
            database.Sql("DELETE FROM ~replayed_events WHERE event >= $1 AND event < $2"), cancellationToken,
            P.Int64(EventPartitions.Start(day)), P.Int64(EventPartitions.Start(day.AddDays(1)))).ConfigureAwait(false);
        await ForgetAsync(database, connection, day, cancellationToken).ConfigureAwait(false);
        return true;

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(database.Sql(sql), connection) { CommandTimeout = WaitSeconds };
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask ForgetAsync(PostgresDatabase database, NpgsqlConnection connection, DateOnly day, CancellationToken cancellationToken) => await connection.ExecuteAsync(
        database.Sql("DELETE FROM ~meta WHERE name = $1"), cancellationToken, P.Text(EventPartitions.MarkOf(day))).ConfigureAwait(false);
}
