using Carrick.Testing.History;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Testing;

public sealed class HistoryCheckerBugTests
{
    public static TheoryData<string> Bugs => new(PlantedBugs.All.Keys);

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Check_PlantedBug_IsReportedAsItsInvariantAndNothingElse(string name)
    {
        var (invariant, plant) = PlantedBugs.All[name];
        var planted = 0;
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Bool).Sample(
            (seed, drained) =>
            {
                var lines = ModelHistory.Generate(seed, 60, drained);
                if (!plant(lines, new Random(seed)))
                {
                    return;
                }

                Interlocked.Increment(ref planted);
                var report = HistoryChecker.Check(lines);
                Assert.Equal([invariant], report.Violations.Select(violation => violation.Invariant).Distinct());
            },
            iter: 30);
        Assert.True(planted >= 5, $"The bug found a place in {planted} histories only.");
    }
}
