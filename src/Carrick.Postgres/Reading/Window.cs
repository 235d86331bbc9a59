namespace Carrick.Postgres.Reading;

/// <summary>
/// A list with a filter that no index serves, read newest first in windows: each is a read of its own, so that a scan of a large
/// table neither runs into the time limit of a statement nor keeps vacuum from its work.
/// </summary>
internal static class Window
{
    private const int FewestRows = 128;
    private const int MostRows = 8_192;

    /// <param name="boundary">Finds the key that has so many others between it and the first argument, newest first; 0 if there are fewer.</param>
    /// <param name="read">Reads matching rows with keys from (included) to (excluded), newest first, up to a number.</param>
    /// <param name="before">Keys below this.</param>
    /// <param name="limit">The most items.</param>
    /// <param name="cancellationToken">Ends the scan between two windows.</param>
    public static async ValueTask<List<T>> ScanAsync<T>(
        Func<long, int, ValueTask<long>> boundary,
        Func<long, long, int, ValueTask<List<T>>> read,
        long before,
        int limit,
        CancellationToken cancellationToken)
    {
        var found = new List<T>();
        var to = before;
        var rows = Math.Max(FewestRows, limit);
        while (found.Count < limit && to > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var from = await boundary(to, rows - 1).ConfigureAwait(false);
            found.AddRange(await read(from, to, limit - found.Count).ConfigureAwait(false));
            to = from;
            rows = Math.Max(rows, Math.Min(2 * rows, MostRows));
        }

        return found;
    }
}
