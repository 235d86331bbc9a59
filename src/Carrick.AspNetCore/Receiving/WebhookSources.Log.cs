using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

internal sealed partial class WebhookSources
{
    [LoggerMessage(3001, LogLevel.Error, "A webhook source of scheme {Scheme} cannot work, so its requests are answered 503: {Problems}", EventName = "SourceMisconfigured")]
    private partial void LogMisconfigured(string scheme, string problems);
}
