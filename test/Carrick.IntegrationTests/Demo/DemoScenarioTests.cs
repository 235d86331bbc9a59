using System.Text.Json;
using Carrick.Server.Demo;
using CsCheck;

namespace Carrick.IntegrationTests.Demo;

public sealed class DemoScenarioTests
{
    [Fact]
    public void DemoScenario_AnySeed_SendsTheShares() => Gen.Select(Gen.Int[100, 3_000], Gen.Int).Sample((events, seed) =>
    {
        var kinds = DemoScenario.Create(events, seed).Messages.CountBy(message => message.Kind).ToDictionary();

        Assert.Equal(events, kinds.Values.Sum());
        Assert.Equal(events / 10, kinds[DemoKind.Duplicate]);
        Assert.Equal(events / 100, kinds[DemoKind.WrongSecret]);
        Assert.Equal(events / 100, kinds[DemoKind.FlippedBit]);
        Assert.Equal(events / 50, kinds[DemoKind.Stale]);
        Assert.InRange(kinds[DemoKind.Late], 1, events * 3 / 100);
    }, iter: 50);

    [Fact]
    public void DemoScenario_AnySeed_LateIsOlderThanTheNewestAndTheRestIsNewer() => Gen.Int.Sample(seed =>
    {
        foreach (var lane in DemoScenario.Create(1_000, seed).Lanes)
        {
            Dictionary<(string, string), long> newest = [];
            foreach (var message in lane.Where(message => message.Kind is DemoKind.InOrder or DemoKind.Late))
            {
                var known = newest.TryGetValue((message.Integration, message.Subject), out var last);
                Assert.Equal(message.Kind == DemoKind.Late, known && message.CreatedAt <= last);
                newest[(message.Integration, message.Subject)] = Math.Max(last, message.CreatedAt);
            }
        }
    }, iter: 30);

    [Fact]
    public void DemoScenario_AnySeed_DuplicatesFollowTheirFirstCopy()
    {
        foreach (var lane in DemoScenario.Create(2_000, 5).Lanes)
        {
            HashSet<MessageKey> sent = [];
            foreach (var message in lane)
            {
                Assert.Equal(message.Kind == DemoKind.Duplicate, !sent.Add(message.Key));
            }
        }
    }

    [Fact]
    public void DemoScenario_SameSeed_SendsTheSame() =>
        Assert.Equal(DemoScenario.Create(500, 9).Messages, DemoScenario.Create(500, 9).Messages);

    [Fact]
    public void DemoPayload_AnyMessage_IsJsonOfAboutOneKilobyte()
    {
        foreach (var message in DemoScenario.Create(300, 2).Messages)
        {
            var body = DemoPayload.Write(message);
            using var json = JsonDocument.Parse(body);
            Assert.InRange(body.Length, 700, 1_500);
        }
    }
}
