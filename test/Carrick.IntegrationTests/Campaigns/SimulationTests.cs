namespace Carrick.IntegrationTests.Campaigns;

/// <summary>The simulation repeats itself, finds what is planted, and finds nothing where nothing is.</summary>
public sealed class SimulationTests
{
    private const int Clean = 0;
    private const int Violations = 1;
    private const int Usage = 2;

    [Fact]
    public async Task Simulation_OfTheSameSeeds_DoesTheSameHoweverTheyAreShared()
    {
        var one = await SimulationRun.RunAsync("--seeds", "60", "--workers", "1");
        var same = await SimulationRun.RunAsync("--seeds", "60", "--workers", "1");
        var shared = await SimulationRun.RunAsync("--seeds", "60", "--workers", "3");
        var others = await SimulationRun.RunAsync("--from", "61", "--seeds", "60", "--workers", "1");

        Assert.True(one.Code == Clean, one.Output);
        Assert.Equal(one.Output, same.Output);
        Assert.Equal(one.Fingerprint, shared.Fingerprint);
        Assert.NotEqual(one.Fingerprint, others.Fingerprint);
    }

    [Theory]
    [InlineData("answer-early", "I1 ", "60")]
    [InlineData("delete-always", "I9 ", "150")]
    [InlineData("drop-hand-off", "I4 ", "60")]
    [InlineData("forget-gate", "I7 ", "60")]
    [InlineData("forget-ledger", "I3 ", "60")]
    [InlineData("ignore-due", "I7 ", "60")]
    [InlineData("lie-durable", "I1 ", "60")]
    [InlineData("lie-lost", "I9 ", "60")]
    [InlineData("lose-reply", "OUTBOX ", "60")]
    public async Task Simulation_WithAPlantedBug_FindsItWithinSoManySeeds(string sabotage, string promise, string seeds)
    {
        var run = await SimulationRun.RunAsync("--sabotage", sabotage, "--seeds", seeds, "--workers", "1");

        Assert.True(run.Code == Violations, run.Output);
        Assert.Contains("  " + promise, run.Output, StringComparison.Ordinal);
        Assert.Contains($"--sabotage {sabotage} --trace", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulation_OfOneSeedWithItsTrace_TellsAllOfIt()
    {
        var run = await SimulationRun.RunAsync("--seed", "1", "--trace");

        Assert.True(run.Code == Clean, run.Output);
        Assert.Contains("life 1 is up", run.Output, StringComparison.Ordinal);
        Assert.Contains("is acknowledged", run.Output, StringComparison.Ordinal);
        Assert.Contains("hash ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulation_WithoutKnowingHow_SaysHow()
    {
        var help = await SimulationRun.RunAsync("--help");
        var wrong = await SimulationRun.RunAsync("--seeds", "none");

        Assert.Equal(Clean, help.Code);
        Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
        Assert.Equal(Usage, wrong.Code);
    }
}
