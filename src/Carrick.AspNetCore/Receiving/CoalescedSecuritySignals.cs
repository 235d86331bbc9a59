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
            if (window.Timer is not null)
            {
                window.Count++;
                return;
            }

            window.Timer = _disposed ? null : time.CreateTimer(_ => Close(source, reason, window), null, Period, Period);
        }

        LogRejected(source, SignatureReasons.Name(reason), 1);
    }

    /// <summary>Logs what was counted since the last line; later requests are logged one by one.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (var ((source, reason), window) in _windows)
        {
            long count;
            lock (window)
            {
                count = window.Count;
                window.Count = 0;
                window.Timer?.Dispose();
                window.Timer = null;
            }

            Log(source, reason, count);
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

        Log(source, reason, count);
    }

    private void Log(string source, SignatureFailure reason, long count)
    {
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
