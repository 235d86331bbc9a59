namespace Carrick.Retry;

/// <summary>Where the engine gets chance from, so that a seed repeats a run. Implementations are thread-safe.</summary>
public interface IRandomSource
{
    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    double NextDouble();
}
