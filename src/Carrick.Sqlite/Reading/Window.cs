using Carrick.Sqlite.Raw;

namespace Carrick.Sqlite.Reading;

/// <summary>A list with a filter that no index serves, read newest first in windows: each is a read of its own, so a scan of a large table never holds the log.</summary>
internal static class Window
{
    private const int FewestRows = 128;
    private const int MostRows = 8_192;

    /// <param name="pool">The connections.</param>
    /// <param name="boundary">SQL: the key of row <c>?2</c> below <c>?1</c>, newest first.</param>
    /// <param name="before">Keys below this.</param>
    /// <param name="limit">The most items.</param>
    /// <param name="read">Reads matching rows with keys from (included) to (excluded), newest first.</param>
    /// <param name="cancellationToken">Ends the scan between two windows.</param>
    public static async ValueTask<List<T>> ScanAsync<T>(
        ReaderPool pool, string boundary, long before, int limit, Func<Database, long, long, int, IReadOnlyList<T>> read, CancellationToken cancellationToken)
    {
        var found = new List<T>();
        var to = before;
        var rows = Math.Max(FewestRows, limit);
        while (found.Count < limit && to > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (items, from) = await pool.ReadAsync(
                (boundary, to, rows, read, room: limit - found.Count),
                static (database, it) =>
                {
                    var from = database[it.boundary].Bind(1, it.to).Bind(2, it.rows - 1).Scalar() ?? 0;
                    return (it.read(database, from, it.to, it.room), from);
                },
                cancellationToken).ConfigureAwait(false);
            found.AddRange(items);
            to = from;
            rows = Math.Max(rows, Math.Min(2 * rows, MostRows));
        }

        return found;
    }
}
