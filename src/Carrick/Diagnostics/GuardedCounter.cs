using System.Diagnostics.Metrics;

namespace Carrick.Diagnostics;

/// <summary>A counter whose listeners cannot hurt the caller. Thread-safe.</summary>
internal sealed class GuardedCounter(Counter<long> counter, ListenerGuard guard)
{
    public void Add(long value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(value, tags);
        }
        catch (Exception exception)
        {
            guard.Caught(exception, counter.Name);
        }
    }
}
