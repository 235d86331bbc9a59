namespace Carrick.IntegrationTests.Campaigns;

/// <summary>Each kind of campaign does what it says, also short, and what it cannot do it refuses.</summary>
public sealed class CampaignKindTests
{
    private const int Clean = 0;
    private const int Violations = 1;
    private const int Usage = 2;

    [Fact]
    public async Task Campaign_WithEveryFault_MakesThemAndIsClean()
    {
        var run = await CampaignRun.RunAsync("--cycles", "3", "--store", "postgres", "--handlers", "both", "--faults", "all", "--seed", "6", "--connections", "4");

        Assert.True(run.Code == Clean, run.Output);
        Assert.Contains("commit cut before the server", run.Output, StringComparison.Ordinal);
        Assert.Contains("receivers ", run.Output, StringComparison.Ordinal);
        Assert.Contains("database ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Campaign_WithEveryFaultAndABugInThePipeline_FindsIt()
    {
        var run = await CampaignRun.RunAsync(
            "--cycles", "3", "--store", "postgres", "--sabotage", "book-outside", "--faults", "network,commit", "--seed", "6", "--connections", "4");

        Assert.True(run.Code == Violations, run.Output);
        Assert.Contains("I3 EffectIsSingle", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shuffled_EachMessageTenTimes_TakesEffectOnce()
    {
        var run = await CampaignRun.RunAsync("--shuffled", "2000", "--handlers", "both", "--seed", "6");

        Assert.True(run.Code == Clean, run.Output);
        Assert.Matches(@"messages acknowledged +200\b", run.Output);
        Assert.Matches(@"of these duplicates +1,800\b", run.Output);
    }

    [Theory]
    [InlineData("--zombies", "1", "--cuts", "1")]
    [InlineData("--zombies", "1", "--store", "sqlite")]
    [InlineData("--cuts", "1", "--store", "sqlite")]
    [InlineData("--faults", "postmaster")]
    [InlineData("--faults", "none")]
    [InlineData("--zombies", "1", "--faults", "network")]
    [InlineData("--shuffled", "9")]
    public async Task Campaign_ThatMakesNoSense_SaysHowToUseIt(params string[] arguments)
    {
        var run = await CampaignRun.RunAsync(arguments);

        Assert.True(run.Code == Usage, run.Output);
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
    }
}
