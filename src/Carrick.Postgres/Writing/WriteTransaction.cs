using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>An open transaction of the writer and short ways to run statements in it. Not thread-safe.</summary>
/// <param name="database">Where.</param>
/// <param name="connection">The connection, with a transaction open.</param>
/// <param name="first">Statements that go before all others, in one round trip with the first of them.</param>
internal sealed class WriteTransaction(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<WriteStatement> first)
{
    private IReadOnlyList<WriteStatement> _first = first;

    /// <summary>A statement in which <c>~table</c> stands for a table of Carrick's.</summary>
    public string Sql(string text) => database.Sql(text);

    /// <summary>Runs one statement.</summary>
    /// <returns>The rows affected.</returns>
    public int Run(string sql, params NpgsqlParameter[] parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row, or <see langword="null"/>.</summary>
    public long? Scalar(string sql, params NpgsqlParameter[] parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteScalar() switch
        {
            long value => value,
            int value => value,
            bool value => value ? 1 : 0,
            _ => null,
        };
    }

    /// <summary>All rows.</summary>
    public List<T> List<T>(string sql, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] parameters)
    {
        using var command = Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var found = new List<T>();
        while (reader.Read())
        {
            found.Add(read(reader));
        }

        return found;
    }

    /// <summary>Several statements in one round trip.</summary>
    /// <param name="statements">Each with what to do with a row of it.</param>
    public void Run(IReadOnlyList<WriteStatement> statements)
    {
        if (statements.Count == 0)
        {
            return;
        }

        if (_first.Count > 0)
        {
            statements = [.. _first, .. statements];
            _first = [];
        }

        using var batch = new NpgsqlBatch(connection) { Timeout = (int)PostgresDatabase.StatementTimeout.TotalSeconds };
        foreach (var statement in statements)
        {
            var command = new NpgsqlBatchCommand(database.Sql(statement.Sql));
            command.Parameters.AddRange(statement.Parameters);
            batch.BatchCommands.Add(command);
        }

        // One result set for each statement that returns rows, in their order; the others give none.
        using var reader = batch.ExecuteReader();
        foreach (var statement in statements)
        {
            if (statement.Row is { } row)
            {
                while (reader.Read())
                {
                    row(reader);
                }

                reader.NextResult();
            }
        }
    }

    /// <summary>A statement that goes before all that follow, in one round trip with the next of them.</summary>
    public void Then(WriteStatement statement) => _first = [.. _first, statement];

    /// <summary>Sends the first statements if nothing else has.</summary>
    public void Begin()
    {
        var statements = _first;
        _first = [];
        Run(statements);
    }

    private NpgsqlCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        Begin();
        var command = new NpgsqlCommand(database.Sql(sql), connection);
        command.Parameters.AddRange(parameters);
        return command;
    }
}

/// <summary>A statement of a batch.</summary>
/// <param name="Sql">With <c>~table</c> for Carrick's tables.</param>
/// <param name="Parameters">Positional.</param>
/// <param name="Row">Called for each row that it returns; <see langword="null"/> if it returns none.</param>
internal sealed record WriteStatement(string Sql, NpgsqlParameter[] Parameters, Action<NpgsqlDataReader>? Row);
