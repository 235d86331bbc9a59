using Carrick.Retry;

namespace Carrick.Server.Demo;

/// <summary>Chance that a seed repeats. Not thread-safe.</summary>
internal sealed class SeededChance(int seed)
{
    private readonly RandomSource _source = new(seed);

    /// <summary>0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(_source.NextDouble() * limit);

    public void Shuffle<T>(T[] items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
