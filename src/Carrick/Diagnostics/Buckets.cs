using System.Diagnostics.Metrics;

namespace Carrick.Diagnostics;

/// <summary>Histogram boundaries: without them an exporter takes ones made for milliseconds, and every duration in seconds falls into the first.</summary>
internal static class Buckets
{
    /// <summary>For work inside this machine: 0.1 ms to 5 s.</summary>
    public static InstrumentAdvice<double> Local { get; } = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    };

    /// <summary>For calls to others: 5 ms to 60 s.</summary>
    public static InstrumentAdvice<double> Remote { get; } = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    /// <summary>For the age of events: 10 ms to 3 days.</summary>
    public static InstrumentAdvice<double> Age { get; } = new()
    {
        HistogramBucketBoundaries = [0.01, 0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400, 259_200],
    };

    /// <summary>For commands in one commit.</summary>
    public static InstrumentAdvice<int> Batch { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };
}
