using System.Data;
using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Runs reads on a few pooled connections. Thread-safe.</summary>
/// <param name="database">Where.</param>
/// <param name="gate">Through which the reads of people go; <see langword="null"/> for those that nobody may hold up.</param>
internal sealed class PostgresReader(PostgresDatabase database, SearchGate? gate = null)
{
    private long _reads;

    /// <summary>Reads so far.</summary>
    public long Reads => Volatile.Read(ref _reads);

    public PostgresDatabase Database => database;

    /// <summary>One statement.</summary>
    /// <param name="sql">With <c>~table</c> for Carrick's tables and parameters <c>$1</c>, <c>$2</c> ...</param>
    /// <param name="parameters">In that order; see <see cref="P"/>.</param>
    /// <param name="read">Makes an item of each row.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public ValueTask<List<T>> ListAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        GuardAsync(
            async (connection, ending) =>
            {
                var query = new Query(connection, null, database);
                return await query.ListAsync(sql, parameters, read, ending).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>One statement whose rows come from an index in their order, or by a seek, whatever the statistics say.</summary>
    /// <inheritdoc cref="ListAsync"/>
    public ValueTask<List<T>> ListByIndexAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        GuardAsync(
            async (connection, ending) =>
            {
                var query = new Query(connection, null, database);
                return await query.ListByIndexAsync(sql, parameters, read, ending).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>Several statements that see one snapshot.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public ValueTask<T> SnapshotAsync<T>(Func<Query, Task<T>> read, CancellationToken cancellationToken) =>
        GuardAsync(
            async (connection, ending) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ending).ConfigureAwait(false);
                var query = new Query(connection, transaction, database);
                var result = await read(query).ConfigureAwait(false);
                await transaction.CommitAsync(ending).ConfigureAwait(false);
                return result;
            },
            cancellationToken);

    private ValueTask<T> GuardAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> action, CancellationToken cancellationToken) => gate is null
        ? RunAsync(action, cancellationToken)
        : gate.RunAsync(ending => RunAsync(action, ending), cancellationToken);

    private async ValueTask<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        for (var left = PostgresDatabase.Readers; ; left--)
        {
            try
            {
                await using var connection = await database.OpenPooledAsync(cancellationToken).ConfigureAwait(false);
                return await action(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException error) when (left > 0 && PostgresErrors.IsEndOfSession(error))
            {
                // A session of the pool that the server has ended while nobody used it; a read can be made again, and each of them may have been ended.
            }
            catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
            {
                throw PostgresErrors.Wrap(error, database.Name, "read");
            }
            catch (TimeoutException error)
            {
                throw new StoreException($"'{database.Name}' did not answer in time.", StoreFailure.Transient, error);
            }
        }
    }
}
