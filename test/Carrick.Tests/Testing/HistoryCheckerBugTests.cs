using Carrick.Testing.History;
using Xunit;

namespace Carrick.Tests.Testing;

public sealed class HistoryCheckerBugTests
{
    private const int Seeds = 40;

    public static TheoryData<string> Bugs => new(PlantedBugs.All.Keys);

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Check_PlantedBug_IsReportedAsItsInvariantAndNothingElse(string name)
    {
        var (invariant, plant) = PlantedBugs.All[name];
        var planted = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var lines = ModelHistory.Generate(seed, 60, drained: seed % 2 == 0);
            if (!plant(lines, new Random(seed)))
            {
                continue;
            }

            planted++;
            var found = HistoryChecker.Check(lines).Violations.Select(violation => violation.Invariant).Distinct().ToList();
            Assert.True(found is [var only] && only == invariant, $"Seed {seed}: {string.Join(", ", found)} instead of {invariant}.");
        }

        Assert.True(planted >= 5, $"The bug found a place in {planted} histories only.");
    }
}
