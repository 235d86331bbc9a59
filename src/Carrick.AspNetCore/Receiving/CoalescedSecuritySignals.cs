using System.Collections.Concurrent;
using Carrick.Signatures;
using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

/// <summary>Logs refused requests, at most once a minute per source and reason: the first at once, the rest as a count. Thread-safe.</summary>
internal sealed partial class CoalescedSecuritySignals(TimeProvider time, ILogger<CoalescedSecuritySignals> logger) : ISecuritySignals, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(string Source, SignatureFailure Reason), Window> _windows = new();
    private volatile bool _disposed;

    public void SignatureRejected(string source, SignatureFailure reason)
    {
        var window = _windows.GetOrAdd((source, reason), static _ => new Window());
        lock (window)
        {
            if (window.Timer is not null || _disposed)
            {
                window.Count++;
                return;
            }

            window.Timer = time.CreateTimer(_ => Close(source, reason, window), null, Period, Period);
        }

        LogRejected(source, SignatureReasons.Name(reason), 1);
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var window in _windows.Values)
        {
            lock (window)
            {
                window.Timer?.Dispose();
                window.Timer = null;
            }
        }
    }

    private void Close(string source, SignatureFailure reason, Window window)
    {
        long count;
        lock (window)
        {
            count = window.Count;
            window.Count = 0;
            if (count == 0)
            {
                window.Timer?.Dispose();
                window.Timer = null;
            }
        }

        if (count > 0)
        {
            LogRejected(source, SignatureReasons.Name(reason), count);
        }
    }

    private sealed class Window
    {
        public long Count { get; set; }

        public ITimer? Timer { get; set; }
    }
}
