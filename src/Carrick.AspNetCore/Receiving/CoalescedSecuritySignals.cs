using System.Collections.Concurrent;
using Carrick.Diagnostics;
using Carrick.Signatures;
using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

/// <summary>Logs refused requests and possible replays, at most once a minute per source and reason: the first at once, the rest as a count. Thread-safe.</summary>
internal sealed partial class CoalescedSecuritySignals(TimeProvider time, ILogger<CoalescedSecuritySignals> logger) : ISecuritySignals, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(string Source, SignatureFailure? Reason), Window> _windows = new();

    // Called by timers too: what a log provider throws there would end the process.
    private readonly ILogger _logger = logger.Guarded();
    private volatile bool _disposed;

    public void SignatureRejected(string source, SignatureFailure reason) => Count(source, reason, 1);

    public void PossibleReplay(string source, int count) => Count(source, null, count);

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

    /// <param name="source">The integration.</param>
    /// <param name="reason">Why requests were refused, or <see langword="null"/> for possible replays, which were accepted.</param>
    /// <param name="more">How many.</param>
    private void Count(string source, SignatureFailure? reason, int more)
    {
        var window = _windows.GetOrAdd((source, reason), static _ => new Window());
        lock (window)
        {
            if (window.Timer is not null)
            {
                window.Count += more;
                return;
            }

            window.Timer = _disposed ? null : time.CreateTimer(_ => Close(source, reason, window), null, Period, Period);
        }

        Log(source, reason, more);
    }

    private void Close(string source, SignatureFailure? reason, Window window)
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

    private void Log(string source, SignatureFailure? reason, long count)
    {
        if (count > 0 && reason is { } failure)
        {
            LogRejected(source, SignatureReasons.Name(failure), count);
        }
        else if (count > 0)
        {
            LogPossibleReplay(source, count);
        }
    }

    private sealed class Window
    {
        public long Count { get; set; }

        public ITimer? Timer { get; set; }
    }
}
