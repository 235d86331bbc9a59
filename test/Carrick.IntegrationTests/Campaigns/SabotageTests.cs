namespace Carrick.IntegrationTests.Campaigns;

/// <summary>Faults of the whole pipeline, planted into the process that the campaign kills.</summary>
public sealed class SabotageTests
{
    private const int Violations = 1;
    private const int FailedByItself = 4;

    [Theory]
    [InlineData("ack-early", "I1 AckedIsPresent")]
    [InlineData("book-outside", "I3 EffectIsSingle")]
    [InlineData("skip-ledger", "I3 EffectIsSingle")]
    public async Task Campaign_FaultInThePipeline_ExitsWithViolations(string sabotage, string invariant)
    {
        var run = await CampaignRun.RunAsync("--sabotage", sabotage, "--cycles", "6", "--seed", "4", "--connections", "4");

        Assert.True(run.Code == Violations, run.Output);
        Assert.Contains(invariant, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit", "ended by itself with exit code 7")]
    [InlineData("hang", "Nothing was acknowledged within 5 s")]
    [InlineData("complain", "The server logged: fail: ")]
    public async Task Campaign_ServerFailsByItself_StopsAndSaysHow(string sabotage, string words)
    {
        var run = await CampaignRun.RunAsync("--sabotage", sabotage, "--cycles", "8", "--seed", "4", "--patience", "5");

        Assert.True(run.Code == FailedByItself, run.Output);
        Assert.Contains(words, run.Output, StringComparison.Ordinal);
    }
}
