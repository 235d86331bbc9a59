using Carrick.Testing.History;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Testing;

public sealed class HistoryCheckerTests
{
    [Fact]
    public void Check_CorrectHistories_FindsNothing() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 60], Gen.Bool).Sample(
            (seed, messages, drained) => Assert.Empty(HistoryChecker.Check(ModelHistory.Generate(seed, messages, drained)).Violations),
            iter: 300);

    [Theory]
    [InlineData(-1, false)]
    [InlineData(500, true)]
    public void Check_ReplayBesideTheDeliveryThatIsAskedToPause_FindsOnlyWhatStartsAfterTheAnswer(int startsAfter, bool isFound)
    {
        var asked = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var other = asked.AddMilliseconds(startsAfter);
        var violations = HistoryChecker.Check(
        [
            new StoredEvent("evt_1", "shop", "m1"),
            new StoredDelivery("dlv_1", "evt_1", "shop/erp", DeliveryStanding.Succeeded, 2),
            new StoredDelivery("dlv_2", "evt_1", "shop/erp", DeliveryStanding.Succeeded, 2) { Replay = true },
            new StoredAttempt("dlv_1", 1, asked.AddSeconds(-1), TimeSpan.FromMilliseconds(1), false, 500, "500", asked.AddMilliseconds(-500)),
            new StoredAttempt("dlv_1", 2, other, TimeSpan.FromMilliseconds(10), true, 200, null, null),
            new StoredAttempt("dlv_2", 1, asked, TimeSpan.FromMilliseconds(5), false, 429, "429", asked.AddSeconds(17)) { Throttled = true },
            new Received(asked.AddMilliseconds(1), "shop/erp", "m1", null, 1, 1, 429, asked.AddSeconds(17)),
            new Received(other.AddMilliseconds(3), "shop/erp", "m1", null, 1, 2, 200, null),
        ]).Violations;

        Assert.Equal(isFound, violations.Any(violation => violation.Invariant == Invariant.AttemptIsDue && violation.Description.Contains("pause", StringComparison.Ordinal)));
    }
}
