namespace Carrick.Handlers;

/// <summary>
/// Handlers of one database that were abandoned and whose code still runs: each keeps its memory, a connection, and perhaps a thread. So a consumer that has too many of
/// them starts no more until one has ended; when there are many of all consumers, one that has any starts no more. Thread-safe.
/// </summary>
internal sealed class AbandonedHandlers
{
    /// <summary>So many of one consumer, and it starts no more. Those that have begun by then may come on top.</summary>
    public const int MostOfOneConsumer = 4;

    /// <summary>So many of all consumers, and those that have any start no more.</summary>
    public const int Most = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _alive = new(StringComparer.Ordinal);
    private int _count;
    private volatile bool _isAny;
    private volatile string? _problem;

    /// <summary>Names the consumers, or <see langword="null"/> if there are none.</summary>
    public string? Problem => _problem;

    /// <returns>Whether the consumer starts no more from now on.</returns>
    public bool Add(string consumer)
    {
        lock (_gate)
        {
            Change(consumer, 1);
            return IsHeldBack(consumer);
        }
    }

    /// <summary>One has ended. This may be told before it is added.</summary>
    public void Remove(string consumer)
    {
        lock (_gate)
        {
            Change(consumer, -1);
        }
    }

    /// <summary>Whether the consumer must not start a handler now.</summary>
    public bool HoldsBack(string consumer)
    {
        if (!_isAny)
        {
            return false;
        }

        lock (_gate)
        {
            return IsHeldBack(consumer);
        }
    }

    private bool IsHeldBack(string consumer)
    {
        var alive = _alive.GetValueOrDefault(consumer);
        return alive >= MostOfOneConsumer || (alive > 0 && _count >= Most);
    }

    private void Change(string consumer, int by)
    {
        _count += by;
        var alive = _alive.GetValueOrDefault(consumer) + by;
        if (alive == 0)
        {
            _alive.Remove(consumer);
        }
        else
        {
            _alive[consumer] = alive;
        }

        // One that has ended before it was added counts against the others for that moment.
        _isAny = _alive.Values.Any(number => number > 0);
        _problem = _isAny
            ? string.Join(' ', _alive.Where(pair => pair.Value > 0).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Describe(pair.Key, pair.Value)))
            : null;
    }

    private string Describe(string consumer, int alive) =>
        $"{alive} abandoned handler{(alive == 1 ? "" : "s")} of consumer '{consumer}' still run{(alive == 1 ? "s" : "")}{(IsHeldBack(consumer) ? ", and no more start" : "")}.";
}
