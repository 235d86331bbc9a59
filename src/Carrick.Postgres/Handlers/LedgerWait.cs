using Carrick.Postgres.Raw;

namespace Carrick.Postgres.Handlers;

/// <summary>
/// A message whose ledger row another open transaction has written is waited for. In another process, which a delivery comes from only when its node is taken for
/// dead, that transaction may stand still, and nobody would end it in a database that is the handlers' own: its session is ended then, which undoes what it
/// had begun. It asks by the statement that waits and not by a process id, which a pooler hides.
/// </summary>
internal static class LedgerWait
{
    // Long for a transaction of which a client still takes care, and short beside the time-out of a statement.
    private static readonly TimeSpan StandsStill = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(500);

    private const string EndThoseThatStandStill =
        """
        SELECT count(pg_terminate_backend(other.pid))
        FROM pg_stat_activity AS waiting
            CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocking (pid)
            JOIN pg_stat_activity AS other ON other.pid = blocking.pid
        WHERE waiting.datname = current_database() AND waiting.wait_event_type = 'Lock' AND waiting.query = $1
            AND other.application_name <> $3 AND other.state LIKE 'idle in transaction%' AND other.state_change < clock_timestamp() - $2 * interval '1 millisecond'
        """;

    /// <summary>Waits for <paramref name="writing"/>, in which the statement <paramref name="sql"/> may wait for another transaction.</summary>
    public static async Task<T> EndAsync<T>(PostgresDatabase database, string sql, Task<T> writing)
    {
        while (true)
        {
            await ((Task)writing).WaitAsync(AskEvery, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (writing.IsCompleted)
            {
                return await writing.ConfigureAwait(false);
            }

            try
            {
                await using var connection = await database.OpenPooledAsync(CancellationToken.None).ConfigureAwait(false);
                await connection.ScalarAsync(
                    EndThoseThatStandStill,
                    CancellationToken.None,
                    P.Text(sql),
                    P.Int64((long)StandsStill.TotalMilliseconds),
                    P.Text(database.SessionName)).ConfigureAwait(false);
            }
            catch (Exception exception) when (PostgresErrors.IsOfTheDriver(exception) || exception is TimeoutException)
            {
                // The statement that waits meets the same failure, or its time-out ends the wait.
            }
        }
    }
}
