namespace Carrick.Storage.Search;

/// <summary>One table, newest first, as a search reads it.</summary>
internal interface IScanSource<T>
{
    /// <summary>Reads the newest rows of a range: at most so many, of which the matching ones come back, up to <paramref name="room"/>.</summary>
    /// <returns>The matching rows, newest first, and the key down to which the range has been read; <paramref name="from"/> if all of it was.</returns>
    ValueTask<(IReadOnlyList<T> Items, long ReadTo)> ReadAsync(long from, long before, int rows, int room, CancellationToken cancellationToken);

    /// <summary>Blocks whose ranges begin before a key, newest first; <see langword="null"/> if there are none.</summary>
    ValueTask<BlockStretch?> ReadBlocksAsync(BlockQuery query, long before, CancellationToken cancellationToken);

    long KeyOf(T item);
}

/// <summary>What a scan has found, and down to which key it has looked: 0 for all.</summary>
internal readonly record struct Scanned<T>(IReadOnlyList<T> Items, long Position);

/// <summary>
/// A list with a filter: reads windows of rows, newest first, and passes over blocks that cannot match. Each window is a read of its own, so that no scan
/// holds a snapshot for long. When the time of a request is over it stops between two windows, and says how far it has looked.
/// </summary>
internal sealed class ListScan
{
    private const int FewestRows = 128;

    // About 2 ms from memory.
    private const int MostRows = 2_048;

    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(120);
    private readonly TimeProvider _time;
    private readonly long _started;

    public ListScan(TimeProvider time) => (_time, _started) = (time, time.GetTimestamp());

    private bool IsOver => _time.GetElapsedTime(_started) >= Budget;

    /// <param name="source">The table.</param>
    /// <param name="query">What blocks can tell of the filter.</param>
    /// <param name="before">Keys below this.</param>
    /// <param name="wanted">The most items.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    public async ValueTask<Scanned<T>> RunAsync<T>(IScanSource<T> source, BlockQuery query, long before, int wanted, CancellationToken cancellationToken)
    {
        var reading = new Reading<T>(this, source, before, wanted);
        if (query.IsSelective)
        {
            // What is common is found at once; only then is it worth to look for blocks.
            await reading.WindowAsync(0, cancellationToken).ConfigureAwait(false);
            while (reading.GoesOn && await source.ReadBlocksAsync(query, reading.Position, cancellationToken).ConfigureAwait(false) is { } stretch)
            {
                await reading.DownToAsync(Math.Min(stretch.Top, reading.Position), cancellationToken).ConfigureAwait(false);
                foreach (var (from, to) in stretch.Ranges)
                {
                    reading.Skip(to);
                    await reading.DownToAsync(from, cancellationToken).ConfigureAwait(false);
                }

                reading.Skip(stretch.Bottom);
                reading.LookAtTheClock();
            }
        }

        await reading.DownToAsync(0, cancellationToken).ConfigureAwait(false);
        return new Scanned<T>(reading.Found, reading.Position);
    }

    /// <summary>A page of one scan that was asked for one item more than the page holds.</summary>
    public static ListPage<T> Page<T>(Scanned<T> scanned, int limit, Func<T, RecordId> id, Func<long, RecordId> make) => scanned.Items.Count > limit
        ? new ListPage<T>([.. scanned.Items.Take(limit)], id(scanned.Items[limit - 1]))
        : new ListPage<T>(scanned.Items, scanned.Position > 0 ? make(scanned.Position) : null);

    private sealed class Reading<T>(ListScan scan, IScanSource<T> source, long before, int wanted)
    {
        private int _rows = Math.Max(FewestRows, Math.Min(wanted, MostRows));
        private bool _isOver;

        public List<T> Found { get; } = [];

        /// <summary>Everything from here on upwards has been looked at.</summary>
        public long Position { get; private set; } = before;

        public bool GoesOn => Position > 0 && Found.Count < wanted && !_isOver;

        /// <summary>Nothing between here and the position can match.</summary>
        public void Skip(long to)
        {
            if (GoesOn)
            {
                Position = Math.Min(Position, to);
            }
        }

        public void LookAtTheClock() => _isOver = scan.IsOver;

        public async ValueTask DownToAsync(long from, CancellationToken cancellationToken)
        {
            while (GoesOn && Position > from)
            {
                await WindowAsync(from, cancellationToken).ConfigureAwait(false);
            }
        }

        public async ValueTask WindowAsync(long from, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (items, readTo) = await source.ReadAsync(from, Position, _rows, wanted - Found.Count, cancellationToken).ConfigureAwait(false);
            Found.AddRange(items);
            // A full page ends at its last item; what lies below it in the window comes with the next page.
            Position = Found.Count >= wanted ? source.KeyOf(Found[^1]) : readTo;
            _rows = Math.Min(2 * _rows, MostRows);
            LookAtTheClock();
        }
    }
}
