namespace Carrick.Storage.Search;

/// <summary>The two sequences of blocks.</summary>
internal enum BlockKind
{
    /// <summary>Events, by id.</summary>
    Events = 1,

    /// <summary>Deliveries that were made, wherever they are now, by id.</summary>
    Deliveries = 2,
}

/// <summary>
/// What is in a range of ids, written when nothing is added to the range any more, so that a search passes over the ranges that cannot hold what it
/// looks for. It says "surely not" or "perhaps"; blocks of one kind follow each other without a gap.
/// </summary>
/// <param name="Kind">Which sequence.</param>
/// <param name="From">The first key of the range.</param>
/// <param name="To">The first key behind it.</param>
/// <param name="OldestAt">The smallest time of receipt, in Unix milliseconds; 0 for deliveries.</param>
/// <param name="NewestAt">The largest.</param>
/// <param name="Words">The filter of few different words: types and integrations, or consumers and integrations.</param>
/// <param name="Subjects">The filter of subjects; <see langword="null"/> for deliveries.</param>
internal sealed record SearchBlock(BlockKind Kind, long From, long To, long OldestAt, long NewestAt, byte[] Words, byte[]? Subjects)
{
    /// <summary>Events in a block. With a subject for each, the filters fill one page of an SQLite database.</summary>
    public const int EventRows = 1_500;

    /// <summary>Deliveries in a block.</summary>
    public const int DeliveryRows = 4_096;
}

/// <summary>Collects what is in a block.</summary>
internal sealed class SearchBlockBuilder(BlockKind kind, long from)
{
    private readonly HashSet<ulong> _words = [];
    private readonly HashSet<ulong> _subjects = [];
    private long _oldestAt = long.MaxValue;
    private long _newestAt = long.MinValue;

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    /// <summary>The newest key so far.</summary>
    public long LastKey { get; private set; }

    public void AddEvent(long key, int integration, string type, string? subject, long receivedAt)
    {
        _words.Add(SearchWord.Type(type));
        _words.Add(SearchWord.Integration(integration));
        _words.Add(SearchWord.IntegrationAndType(integration, type));
        if (subject is not null)
        {
            _subjects.Add(SearchWord.Subject(subject));
        }

        (_oldestAt, _newestAt) = (Math.Min(_oldestAt, receivedAt), Math.Max(_newestAt, receivedAt));
        (LastKey, Rows) = (key, Rows + 1);
    }

    /// <param name="key">The delivery.</param>
    /// <param name="consumer">Whose it is.</param>
    /// <param name="integration">That of the event, if it is still stored.</param>
    public void AddDelivery(long key, int consumer, int? integration)
    {
        _words.Add(SearchWord.Consumer(consumer));
        if (integration is { } number)
        {
            _words.Add(SearchWord.Integration(number));
        }

        (LastKey, Rows) = (key, Rows + 1);
    }

    public SearchBlock Build() => kind == BlockKind.Events
        ? new SearchBlock(kind, from, LastKey + 1, _oldestAt, _newestAt, BloomFilter.Make(_words), BloomFilter.Make(_subjects))
        : new SearchBlock(kind, from, LastKey + 1, 0, 0, BloomFilter.Make(_words), null);
}

/// <summary>The deliveries with the smallest ids out of several sources, each in order.</summary>
internal sealed class FirstDeliveries(int most)
{
    private readonly PriorityQueue<(long Delivery, int Consumer, long Event), long> _newestFirst = new();

    public bool IsFull => _newestFirst.Count == most;

    /// <returns><see langword="false"/> if neither this one nor one that follows it in its source can be among the first.</returns>
    public bool Offer(long delivery, int consumer, long @event)
    {
        if (!IsFull)
        {
            _newestFirst.Enqueue((delivery, consumer, @event), -delivery);
            return true;
        }

        if (delivery >= _newestFirst.Peek().Delivery)
        {
            return false;
        }

        _newestFirst.EnqueueDequeue((delivery, consumer, @event), -delivery);
        return true;
    }

    public IEnumerable<(long Delivery, int Consumer, long Event)> InOrder() => _newestFirst.UnorderedItems.Select(item => item.Element).OrderBy(item => item.Delivery);
}
