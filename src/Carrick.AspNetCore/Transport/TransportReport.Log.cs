using System.Net;
using Microsoft.Extensions.Logging;

namespace Carrick.Transport;

internal sealed partial class TransportReport
{
    [LoggerMessage(1510, LogLevel.Warning, "The limits of connections have refused or closed {Count}; the last one: {Reason}, of {Address}. Told once a minute", EventName = "ConnectionsEnded")]
    private partial void LogEnded(long count, string reason, IPAddress? address);
}
