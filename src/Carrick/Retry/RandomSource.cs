using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Carrick.Retry;

/// <summary>A pseudo-random source; two of one seed give the same numbers. Thread-safe.</summary>
/// <param name="seed">The seed.</param>
[SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Spreads retries; guards nothing.")]
internal sealed class RandomSource(int seed) : IRandomSource
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();

    /// <summary>A source whose seed nobody can guess, so that two nodes do not retry in step.</summary>
    public RandomSource()
        : this(RandomNumberGenerator.GetInt32(int.MaxValue))
    {
    }

    /// <inheritdoc/>
    public double NextDouble()
    {
        lock (_lock)
        {
            return _random.NextDouble();
        }
    }
}
