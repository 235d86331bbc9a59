using Carrick.Postgres.Raw;
using Carrick.Storage.Search;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>A table whose rows are read newest first, in windows.</summary>
/// <param name="reader">The connections.</param>
/// <param name="sql">The statements.</param>
/// <param name="parameters">The parameters of <see cref="ScanSql.Rows"/> before the last three.</param>
/// <param name="read">Reads a row.</param>
/// <param name="key">The key of an item.</param>
internal sealed class PostgresScan<T>(
    PostgresReader reader, ScanSql sql, Func<IReadOnlyList<NpgsqlParameter>> parameters, Func<NpgsqlDataReader, T> read, Func<T, long> key) : IScanSource<T>
{
    public long KeyOf(T item) => key(item);

    public async ValueTask<(IReadOnlyList<T> Items, long ReadTo)> ReadAsync(long from, long before, int rows, int room, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] place = sql.Consumer is { } consumer ? [P.Int32(consumer), P.Int64(before), P.Int32(rows - 1)] : [P.Int64(before), P.Int32(rows - 1)];
        var boundary = await reader.ListByIndexAsync(sql.Boundary, place, static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        var to = Math.Max(from, boundary is [var found] ? found : from);
        var items = await reader.ListByIndexAsync(
            sql.Rows, [.. parameters(), P.Int64(to), P.Int64(before), P.Int32(room)], read, cancellationToken).ConfigureAwait(false);
        return (items, to);
    }

    public ValueTask<BlockStretch?> ReadBlocksAsync(BlockQuery query, long before, CancellationToken cancellationToken) =>
        SearchBlocks.ReadAsync(reader, query, before, cancellationToken);
}

/// <summary>The statements of a scan.</summary>
/// <param name="Boundary">The key that has so many (the last parameter) others between it and the parameter before, newest first; of the consumer <c>$1</c> if there is one.</param>
/// <param name="Rows">Matching rows, newest first; the last three parameters are the first key, the first one behind, and the most rows.</param>
/// <param name="Consumer">The consumer of both, if they are of one.</param>
internal sealed record ScanSql(string Boundary, string Rows, int? Consumer = null);
