using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Structure;

public sealed partial class LogEventTests
{
    // By the longest prefix of the namespace.
    private static readonly Dictionary<string, (int From, int To)> Ranges = new(StringComparer.Ordinal)
    {
        ["Carrick"] = (1000, 1999),
        ["Carrick.Sqlite"] = (2000, 2099),
        ["Carrick.Postgres"] = (2100, 2199),
        ["Carrick.Receiving"] = (3000, 3999),
        ["Carrick.Signatures"] = (3000, 3999),
        ["Carrick.AspNetCore"] = (4000, 4999),
        ["Carrick.Rest"] = (4000, 4999),
        ["Carrick.Problems"] = (4000, 4999),
        ["Carrick.Authentication"] = (4000, 4999),
        ["Carrick.Observability"] = (4000, 4999),
        ["Carrick.Server"] = (5000, 5999),
    };

    [Fact]
    public void LogEvents_OfProduct_AreApproved()
    {
        var events = Events();
        Snapshot.Match("log-events", events.Select(item => item.ToString()));
    }

    [Fact]
    public void LogEvents_Ids_AreUniqueAndInRange() => Assert.Empty(LogEvents.Problems(Events(), Ranges));

    [Fact]
    public void LogEvents_Planted_AreFound()
    {
        var events = LogEvents.Of([typeof(LogEventTests)]).ToArray();
        Assert.Equal(
            ["2000 Information Carrick.Tests.Structure Planted: {Count} planted", "2000 Warning Carrick.Tests.Structure PlantedAgain: Planted again"],
            events.Select(item => item.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["2000 is used 2 times: Planted, PlantedAgain", "2000 Planted is out of the range of Carrick.Tests.Structure", "2000 PlantedAgain is out of the range of Carrick.Tests.Structure"],
            LogEvents.Problems(events, Ranges));
    }

    private static LogEvent[] Events() => [.. LogEvents.Of(Repository.Assemblies().SelectMany(assembly => assembly.GetTypes()))];

    [LoggerMessage(2000, LogLevel.Information, "{Count} planted")]
    private static partial void Planted(ILogger logger, int count);

    [LoggerMessage(2000, LogLevel.Warning, "Planted again")]
    private static partial void PlantedAgain(ILogger logger);
}
