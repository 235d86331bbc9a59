namespace Carrick.Benchmarks.Load;

/// <summary>Which key each request has, and how often the work of it fails before it succeeds. By the number of the request alone, so nothing is kept.</summary>
internal sealed class KeyPlan
{
    private const double Exponent = 1.1;
    private const int Failures = 2;

    private readonly double[] _cumulated;
    private readonly int _failingPercent;

    /// <summary>Keys by Zipf's law: the first has about a seventh of all requests.</summary>
    public KeyPlan(int keys, int failingPercent)
    {
        _failingPercent = failingPercent;
        _cumulated = new double[Math.Max(1, keys)];
        var sum = 0.0;
        for (var i = 0; i < _cumulated.Length; i++)
        {
            _cumulated[i] = sum += Math.Pow(i + 1, -Exponent);
        }
    }

    public int KeyOf(int number)
    {
        var at = Chance((ulong)number * 2) * _cumulated[^1];
        var found = Array.BinarySearch(_cumulated, at);
        return Math.Min(found < 0 ? ~found : found, _cumulated.Length - 1);
    }

    /// <summary>The attempts that fail; the one after them succeeds, so that the place of the message in the order can be seen.</summary>
    public int FailuresOf(int number) => Chance((ulong)number * 2 + 1) * 100 < _failingPercent ? Failures : 0;

    private static double Chance(ulong number) => (SignedRequests.Mix(number + 0x9E3779B97F4A7C15) >> 11) * (1.0 / (1UL << 53));
}
