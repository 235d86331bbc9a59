namespace Carrick.Storage.Search;

/// <summary>What a search looks for, as far as blocks know.</summary>
/// <param name="Kind">Which sequence.</param>
/// <param name="Word">A type, an integration, both, or a consumer.</param>
/// <param name="OtherWord">A second one; a block must hold both.</param>
/// <param name="Subject">A subject.</param>
/// <param name="From">The smallest time of receipt, in Unix milliseconds.</param>
/// <param name="To">The first time behind.</param>
internal sealed record BlockQuery(BlockKind Kind, ulong? Word, ulong? OtherWord, ulong? Subject, long? From, long? To)
{
    /// <summary>Blocks are worth a look.</summary>
    public bool IsSelective => Word is not null || OtherWord is not null || Subject is not null || From is not null || To is not null;

    public static BlockQuery Events(int? integration, string? type, string? subject, long? from, long? to)
    {
        ulong? word = (integration, type) switch
        {
            ({ } number, { } name) => SearchWord.IntegrationAndType(number, name),
            ({ } number, null) => SearchWord.Integration(number),
            (null, { } name) => SearchWord.Type(name),
            _ => null,
        };
        return new BlockQuery(BlockKind.Events, word, null, subject is null ? null : SearchWord.Subject(subject), from, to);
    }

    public static BlockQuery Deliveries(int? consumer, int? integration) => new(
        BlockKind.Deliveries,
        consumer is { } number ? SearchWord.Consumer(number) : null,
        integration is { } other ? SearchWord.Integration(other) : null,
        null, null, null);

    /// <summary>Whether a block may hold what is searched for.</summary>
    /// <param name="oldestAt">Its smallest time of receipt.</param>
    /// <param name="newestAt">Its largest.</param>
    /// <param name="word">Its line for <see cref="Word"/>; what for is not searched is not looked at.</param>
    /// <param name="otherWord">Its line for <see cref="OtherWord"/>.</param>
    /// <param name="subject">Its line for <see cref="Subject"/>.</param>
    public bool MayMatch(long oldestAt, long newestAt, ReadOnlySpan<byte> word, ReadOnlySpan<byte> otherWord, ReadOnlySpan<byte> subject) =>
        (From is not { } from || newestAt >= from)
        && (To is not { } to || oldestAt < to)
        && (Word is not { } one || BloomFilter.MayContain(word, one))
        && (OtherWord is not { } other || BloomFilter.MayContain(otherWord, other))
        && (Subject is not { } text || BloomFilter.MayContain(subject, text));
}

/// <summary>A stretch of blocks that was looked at, newest first.</summary>
/// <param name="Top">The first key behind the newest of them.</param>
/// <param name="Bottom">The first key of the oldest of them.</param>
/// <param name="Ranges">Where rows may match, newest first; neighbours are joined.</param>
internal sealed record BlockStretch(long Top, long Bottom, IReadOnlyList<(long From, long To)> Ranges);

/// <summary>Collects a stretch from rows that come newest first.</summary>
internal sealed class BlockStretchBuilder(BlockQuery query)
{
    private readonly List<(long From, long To)> _ranges = [];
    private long _top;
    private long _bottom;

    public void Add(long from, long to, long oldestAt, long newestAt, ReadOnlySpan<byte> word, ReadOnlySpan<byte> otherWord, ReadOnlySpan<byte> subject)
    {
        _top = Math.Max(_top, to);
        _bottom = from;
        if (!query.MayMatch(oldestAt, newestAt, word, otherWord, subject))
        {
            return;
        }

        if (_ranges is [.., var last] && last.From == to)
        {
            _ranges[^1] = (from, last.To);
        }
        else
        {
            _ranges.Add((from, to));
        }
    }

    /// <returns><see langword="null"/> if there was no block.</returns>
    public BlockStretch? Build() => _top == 0 ? null : new BlockStretch(_top, _bottom, _ranges);
}
