using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

internal sealed partial class CoalescedSecuritySignals
{
    [LoggerMessage(3000, LogLevel.Warning, "Integration {Source} refused {Count} request(s): {Reason}.", EventName = "SignatureRejected")]
    private partial void LogRejected(string source, string reason, long count);

    [LoggerMessage(3020, LogLevel.Warning, "Integration {Source} accepted {Count} event(s) whose body was known under another id. The id is not signed: somebody may have repeated a request.", EventName = "PossibleReplay")]
    private partial void LogPossibleReplay(string source, long count);
}
