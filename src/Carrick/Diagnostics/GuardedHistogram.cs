using System.Diagnostics.Metrics;

namespace Carrick.Diagnostics;

/// <summary>A histogram whose listeners cannot hurt the caller. Thread-safe.</summary>
internal sealed class GuardedHistogram<T>(Histogram<T> histogram, ListenerGuard guard)
    where T : struct
{
    public void Record(T value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            histogram.Record(value, tags);
        }
        catch (Exception exception)
        {
            guard.Caught(exception, histogram.Name);
        }
    }
}
