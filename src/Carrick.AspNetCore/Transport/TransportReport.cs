using System.Diagnostics.Metrics;
using System.Net;
using Carrick.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Carrick.Transport;

/// <summary>Why a connection was refused or closed.</summary>
internal enum TransportEnd
{
    /// <summary>Refused: all connections are at work.</summary>
    Full,

    /// <summary>Refused: all connections that its address may have are at work.</summary>
    AddressFull,

    /// <summary>Closed: no request came.</summary>
    Silent,

    /// <summary>Closed to make room for another.</summary>
    Idle,
}

/// <summary>Counts connections that the limits end, and logs them at most once a minute: the first at once, the rest as a count. Thread-safe.</summary>
internal sealed partial class TransportReport
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private readonly GuardedCounter _ended;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private long? _loggedAt;
    private long _unlogged;

    public TransportReport(IMeterFactory meters, TimeProvider time, ILogger<TransportReport> logger)
    {
        // Called by a timer: what a listener or a log provider throws there would end the process.
        (_time, _logger) = (time, logger.Guarded());
        _ended = new(
            meters.Create(MeterNames.Carrick).CreateCounter<long>(
                "carrick.transport.connections.ended", "{connection}", "Connections refused or closed by the limits, by reason."),
            new ListenerGuard(logger));
    }

    public void Ended(TransportEnd reason, IPAddress? address)
    {
        var name = Name(reason);
        _ended.Add(1, new KeyValuePair<string, object?>("reason", name));

        // A connection without a request is no sign of trouble: browsers and probes open them.
        if (reason == TransportEnd.Silent)
        {
            return;
        }

        long count;
        lock (_lock)
        {
            _unlogged++;
            if (_loggedAt is { } last && _time.GetElapsedTime(last) < Period)
            {
                return;
            }

            (_loggedAt, count, _unlogged) = (_time.GetTimestamp(), _unlogged, 0);
        }

        LogEnded(count, name, address);
    }

    private static string Name(TransportEnd reason) => reason switch
    {
        TransportEnd.Full => "full",
        TransportEnd.AddressFull => "address_full",
        TransportEnd.Silent => "silent",
        _ => "idle",
    };
}
