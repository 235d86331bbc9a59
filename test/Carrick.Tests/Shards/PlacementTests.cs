using Carrick.Integrations;
using Carrick.Shards;
using CsCheck;

namespace Carrick.Tests.Shards;

public sealed class PlacementTests
{
    private static readonly EndpointDefinition Endpoint = new() { Name = "a/b", Integration = "a", Url = new Uri("http://127.0.0.1/") };
    private static readonly HandlerDefinition Handler = new() { Name = "a/c", Integration = "a", Handler = static (_, _) => Task.CompletedTask };

    // Rows keep their shard: these may never change.
    [Theory]
    [InlineData(1, null, 1)]
    [InlineData(2, null, 14)]
    [InlineData(1, "", 33)]
    [InlineData(1, "order-1", 17)]
    [InlineData(2, "order-1", 7)]
    [InlineData(1, "ключ", 33)]
    public void Of_IsAlwaysTheSame(int consumer, string? key, int shard) =>
        Assert.Equal(shard, key is null ? Placement.Of(consumer) : Placement.Of(consumer, key));

    [Fact]
    public void Of_AnEndpoint_IsOneShardWhateverTheKey() =>
        Gen.String.Sample(key => Assert.Equal(Placement.Of(Endpoint, 7, null), Placement.Of(Endpoint, 7, key)));

    [Fact]
    public void Of_AHandler_IsByKeyOrAnywhere()
    {
        Assert.Null(Placement.Of(Handler, 7, null));
        Assert.Equal(Placement.Of(7, "k"), Placement.Of(Handler, 7, "k"));
    }

    [Fact]
    public void Of_ManyKeysOrConsumers_FillsTheShardsEvenly()
    {
        var byKey = Enumerable.Range(0, 64_000).CountBy(i => Placement.Of(3, $"customer-{i}")).ToDictionary();
        var byConsumer = Enumerable.Range(1, 6_400).CountBy(Placement.Of).ToDictionary();

        Assert.Equal((64, 64), (byKey.Count, byConsumer.Count));
        // Six standard deviations around 1,000 and 100.
        Assert.All(byKey.Values, count => Assert.InRange(count, 810, 1_190));
        Assert.All(byConsumer.Values, count => Assert.InRange(count, 40, 160));
    }
}
