namespace Carrick.Server.Serve;

internal static partial class ConfigurationRoutes
{
    [LoggerMessage(5000, LogLevel.Information, "A configuration with {Integrations} integrations is in force.")]
    private static partial void LogApplied(ILogger logger, int integrations);
}
