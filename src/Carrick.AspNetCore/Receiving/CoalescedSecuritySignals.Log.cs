using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

internal sealed partial class CoalescedSecuritySignals
{
    [LoggerMessage(3000, LogLevel.Warning, "Integration {Source} refused {Count} request(s): {Reason}.", EventName = "SignatureRejected")]
    private partial void LogRejected(string source, string reason, long count);
}
