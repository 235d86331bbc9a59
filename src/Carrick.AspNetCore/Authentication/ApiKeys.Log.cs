using Microsoft.Extensions.Logging;

namespace Carrick.Authentication;

public sealed partial class ApiKeys
{
    [LoggerMessage(4002, LogLevel.Warning, "The API keys could not be read again ({Failure}: {Problem}); those known stay in force")]
    private partial void LogStaleKeys(StoreFailure failure, string problem);
}
