using System.Net;
using Microsoft.Extensions.Logging;

namespace Carrick.Authentication;

internal sealed partial class ApiGate
{
    [LoggerMessage(4000, LogLevel.Warning, "Too many failed authentications from {Address}: further ones are answered 429")]
    private partial void LogThrottled(IPAddress? address);
}
