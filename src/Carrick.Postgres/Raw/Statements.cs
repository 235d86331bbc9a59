using Npgsql;

namespace Carrick.Postgres.Raw;

/// <summary>Single statements on a connection, in its open transaction if it has one.</summary>
internal static class Statements
{
    /// <summary>The first value, or <see langword="null"/>.</summary>
    public static async Task<object?> ScalarAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <returns>The rows affected.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
