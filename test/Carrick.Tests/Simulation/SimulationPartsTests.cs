using Carrick.Simulation;
using Carrick.Simulation.Faults;
using Carrick.Simulation.Scheduling;
using Carrick.Simulation.World;

namespace Carrick.Tests.Simulation;

/// <summary>The parts of the simulation that need no thread pool of their own.</summary>
public sealed class SimulationPartsTests
{
    [Fact]
    public void Chance_OfOneSeed_RepeatsItselfAndKeepsItsRange()
    {
        var (one, same, other) = (new Chance(7), new Chance(7), new Chance(8));
        ulong[] numbers = [.. Enumerable.Range(0, 100).Select(_ => one.Next())];

        Assert.Equal(numbers, Enumerable.Range(0, 100).Select(_ => same.Next()));
        Assert.NotEqual(numbers, Enumerable.Range(0, 100).Select(_ => other.Next()));
        Assert.Equal(100, numbers.Distinct().Count());
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(one.Between(3, 5), 3, 5));
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(one.NextDouble(), 0, 0.999_999_999_999_999_9));
    }

    [Fact]
    public void Chance_SplitMix64_MakesThePublishedNumbers() => Assert.Equal(0xE220A8397B1DCDAFUL, new Chance(0).Next());

    [Fact]
    public void Scenario_OfOneSeed_IsTheSameAndOfAnotherIsNot()
    {
        var scenarios = Enumerable.Range(0, 50).Select(seed => Describe(Scenario.Draw(new Chance((ulong)seed)))).ToList();

        Assert.Equal(scenarios, Enumerable.Range(0, 50).Select(seed => Describe(Scenario.Draw(new Chance((ulong)seed)))));
        Assert.Equal(50, scenarios.Distinct().Count());
    }

    [Fact]
    public void Trace_Hash_ChangesWithEveryPartOfALine()
    {
        ulong Hash(params (string Actor, string Text)[] lines)
        {
            var trace = new Trace(new Scheduler(new Chance(1)));
            Array.ForEach(lines, line => trace.Add(line.Actor, line.Text));
            return trace.Hash;
        }

        Assert.Equal(Hash(("store", "commits")), Hash(("store", "commits")));
        Assert.Equal(5, new[] { Hash(), Hash(("store", "commits")), Hash(("storf", "commits")), Hash(("store", "commit")), Hash(("store", "commits"), ("store", "commits")) }.Distinct().Count());
    }

    [Theory]
    [InlineData("commits done:shop/erp m1.2, in:m3", "m1.2", true)]
    [InlineData("commits done:shop/erp m1.21", "m1.2", false)]
    [InlineData("handles m1.2', attempt 1", "m1.2", false)]
    [InlineData("handles cm1.2 and m1.2", "m1.2", true)]
    [InlineData("m1.2", "m1.2", true)]
    [InlineData("anything", "", false)]
    public void TraceExtract_Names_WholeWordsOnly(string text, string word, bool expected) => Assert.Equal(expected, TraceExtract.Names(text, word));

    [Fact]
    public void Message_ReadFromItsBody_IsTheSame()
    {
        var message = new Message("m1.2", ConsumerPlan.Shop, "customer-1", 7, "xx");

        Assert.Equal(message, Message.Read(message.ToBody(), ConsumerPlan.Shop));
        Assert.Equal(message.Reply(), Message.Read(message.Reply().ToBody(), ConsumerPlan.Shop));
        Assert.True(message.Reply().IsPublished);
        Assert.False(message.IsPublished);
    }

    [Fact]
    public void Summary_OfWorkers_AddsUpAndIsReadBack()
    {
        var (one, other) = (new Summary(10, 1, 500, 20, 0xF0), new Summary(5, 0, 300, 7, 0x0F));

        Assert.Equal(one, Summary.TryParse(one.Format()));
        Assert.Equal(new Summary(15, 1, 800, 27, 0xFF), one.Add(other));
        Assert.Null(Summary.TryParse("Seed 7 breaks promises:"));
    }

    [Theory]
    [InlineData("--seeds", "0")]
    [InlineData("--seed", "x")]
    [InlineData("--workers", "65")]
    [InlineData("--sabotage", "unknown")]
    [InlineData("--unknown", "1")]
    public void Options_ThatCannotBe_AreRefusedWithTheUsage(string name, string value)
    {
        var error = new StringWriter();

        Assert.Null(SimulationOptions.TryParse([name, value], error));

        Assert.Contains($"Cannot use '{name} {value}'.", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Examples:", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ForOneSeed_RunItAloneInThisProcess()
    {
        var options = SimulationOptions.TryParse(["--seed", "918", "--trace", "--sabotage", "ignore-due"], TextWriter.Null)!;

        Assert.Equal((918L, 1L, 1, true, true), (options.From, options.Seeds, options.Workers, options.IsOne, options.Trace));
        Assert.IsType<IgnoreDue>(options.Sabotage);
        Assert.Equal((2_000L, 1L), (new SimulationOptions().Seeds, new SimulationOptions().From));
    }

    private static string Describe(Scenario scenario) => $"{scenario} {string.Join(' ', scenario.Consumers)}";
}
