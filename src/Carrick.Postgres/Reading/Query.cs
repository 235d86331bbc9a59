using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Statements on one connection.</summary>
internal sealed class Query(NpgsqlConnection connection, NpgsqlTransaction? transaction, PostgresDatabase database)
{
    // Statistics that vacuum took of a drained table promise a few rows. Until they are taken again, the planner would rather read and
    // sort a whole backlog than follow an index. And it adds up the costs of all days of events, though a seek looks into one: compiling
    // such a plan takes far longer than running it. Set for this transaction only, which works behind a pooler too.
    private const string ByIndex = "SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)";

    /// <summary>The rows of one statement.</summary>
    public async Task<List<T>> ListAsync<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(database.Sql(sql), connection, transaction);
        command.Parameters.AddRange(parameters);
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            return await ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A parameter belongs to one command, and the read may be made again.
            command.Parameters.Clear();
        }
    }

    /// <summary>The same, in one round trip with the settings that keep the planner to the index. They last as long as the transaction.</summary>
    public async Task<List<T>> ListByIndexAsync<T>(
        string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = new NpgsqlBatchCommand(database.Sql(sql));
        command.Parameters.AddRange(parameters);
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { new NpgsqlBatchCommand(ByIndex), command } };
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            return await ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            command.Parameters.Clear();
        }
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var found = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(read(reader));
        }

        return found;
    }
}
