using Carrick.Sqlite.Raw;
using Carrick.Storage.Search;

namespace Carrick.Sqlite.Reading;

/// <summary>A table whose rows are read newest first, in windows.</summary>
/// <param name="pool">The connections.</param>
/// <param name="sql">The statements.</param>
/// <param name="bind">Sets the other parameters of <see cref="ScanSql.Rows"/>.</param>
/// <param name="read">Reads the rows.</param>
/// <param name="key">The key of an item.</param>
internal sealed class SqliteScan<T>(ReaderPool pool, ScanSql sql, Func<Statement, Statement> bind, Func<Statement, IReadOnlyList<T>> read, Func<T, long> key) : IScanSource<T>
{
    public long KeyOf(T item) => key(item);

    public ValueTask<(IReadOnlyList<T> Items, long ReadTo)> ReadAsync(long from, long before, int rows, int room, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (sql, bind, read, from, before, rows, room),
            static (database, it) =>
            {
                var boundary = database[it.sql.Boundary].Bind(1, it.before).Bind(2, it.rows - 1);
                if (it.sql.Consumer is { } consumer)
                {
                    boundary.Bind(3, consumer);
                }

                var from = Math.Max(it.from, boundary.Scalar() ?? it.from);
                var first = it.sql.FirstParameter;
                return (it.read(it.bind(database[it.sql.Rows].Bind(first, from).Bind(first + 1, it.before).Bind(first + 2, it.room))), from);
            },
            cancellationToken);

    public ValueTask<BlockStretch?> ReadBlocksAsync(BlockQuery query, long before, CancellationToken cancellationToken) =>
        SearchBlocks.ReadAsync(pool, query, before, cancellationToken);
}

/// <summary>The statements of a scan.</summary>
/// <param name="Boundary">The key of row <c>?2</c> below <c>?1</c>, newest first; of the consumer <c>?3</c> if there is one.</param>
/// <param name="Rows">Matching rows with keys from <c>?1</c> (included) to <c>?2</c> (excluded), newest first, at most <c>?3</c>.</param>
/// <param name="Consumer">The consumer of both, if they are of one.</param>
internal sealed record ScanSql(string Boundary, string Rows, int? Consumer = null)
{
    /// <summary>The number of the first of the three parameters of <see cref="Rows"/>.</summary>
    public int FirstParameter { get; init; } = 1;
}
