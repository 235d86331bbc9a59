using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Diagnostics;

/// <summary>
/// What becomes of an exception in a listener of a meter, which runs on the thread that measures: it is logged once for each instrument, and goes no further.
/// Thread-safe.
/// </summary>
internal sealed partial class ListenerGuard(ILogger? logger)
{
    private readonly ILogger _logger = (logger ?? NullLogger.Instance).Guarded();
    private readonly HashSet<string> _told = [];

    public void Caught(Exception exception, string instrument)
    {
        lock (_told)
        {
            if (!_told.Add(instrument))
            {
                return;
            }
        }

        LogListenerFailed(exception, instrument);
    }

    [LoggerMessage(1115, LogLevel.Error, "A listener of the metric {Instrument} throws: its values are incomplete. Nothing else suffers from it; this is logged once.")]
    private partial void LogListenerFailed(Exception exception, string instrument);
}
