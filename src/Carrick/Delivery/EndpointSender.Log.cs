using Carrick.Retry;
using Microsoft.Extensions.Logging;

namespace Carrick.Delivery;

internal sealed partial class EndpointSender
{
    [LoggerMessage(1200, LogLevel.Debug, "Attempt {Attempt} of {Event} for {Consumer} ended {Category}, status {Status}, after {Elapsed}.")]
    private static partial void LogAttempt(
        ILogger logger, int attempt, RecordId @event, string consumer, FailureCategory category, int? status, TimeSpan elapsed);

    [LoggerMessage(1222, LogLevel.Warning, "Endpoint {Endpoint}: attempt {Attempt} of event {Event} has failed: {Problem}")]
    private static partial void LogFailed(ILogger logger, string endpoint, int attempt, RecordId @event, string? problem);
}
