namespace Carrick.Benchmarks.Load;

/// <summary>Latencies, kept one by one: exact percentiles, no buckets. Not thread-safe.</summary>
internal sealed class Latencies
{
    private readonly List<double> _milliseconds = [];
    private bool _sorted;

    public int Count => _milliseconds.Count;

    public void Add(TimeSpan latency)
    {
        _milliseconds.Add(latency.TotalMilliseconds);
        _sorted = false;
    }

    public void Clear() => _milliseconds.Clear();

    public void AddRange(IEnumerable<Latencies> others)
    {
        foreach (var other in others)
        {
            _milliseconds.AddRange(other._milliseconds);
        }

        _sorted = false;
    }

    public double Percentile(double percent)
    {
        if (_milliseconds.Count == 0)
        {
            return double.NaN;
        }

        if (!_sorted)
        {
            _milliseconds.Sort();
            _sorted = true;
        }

        return _milliseconds[Math.Min(_milliseconds.Count - 1, (int)(_milliseconds.Count * percent / 100))];
    }
}
