namespace Carrick.Server.Serve;

/// <summary>The settings that a server would read, for commands that start none.</summary>
internal static class ServerConfiguration
{
    public static IConfiguration Read() => new ConfigurationBuilder()
        .SetBasePath(Directory.GetCurrentDirectory())
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();
}
