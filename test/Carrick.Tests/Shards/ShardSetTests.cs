using Carrick.Shards;
using CsCheck;

namespace Carrick.Tests.Shards;

public sealed class ShardSetTests
{
    [Fact]
    public void Next_OfAnySet_IsAlwaysInItAndComesToEach() => Gen.ULong.Where(shards => shards != 0).Sample(shards =>
    {
        var set = new ShardSet(shards);
        var seen = 0UL;
        for (var i = 0; i < ShardSet.Count; i++)
        {
            seen |= ShardSet.Mask(set.Next());
        }

        Assert.Equal(shards, seen);
    });

    [Fact]
    public void Next_OfANodeWithoutShards_IsAnyShard() =>
        Assert.Equal(ShardSet.Count, Enumerable.Range(0, ShardSet.Count).Select(_ => new ShardSet(0)).Select((set, i) =>
        {
            var next = 0;
            for (var j = 0; j <= i; j++)
            {
                next = set.Next();
            }

            return next;
        }).Distinct().Count());

    [Fact]
    public void Leave_KeepsTheShardsButPlacesNothingThere()
    {
        var set = new ShardSet(0b1111);
        set.Leave(0b0011);

        Assert.Equal((0b1111UL, 0b1100UL), (set.Owned, set.Serving));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(set.Next(), 2, 3));

        set.Stay(0b0001);
        set.Remove(0b0010);
        Assert.Equal((0b1101UL, 0b1101UL), (set.Owned, set.Serving));
        set.Add(0b0010);
        Assert.Equal(0b1111UL, set.Serving);
    }

    [Fact]
    public void IsCurrent_WithoutARenewalInTime_IsOver()
    {
        var set = new ShardSet(ShardSet.All);
        var now = TimeProvider.System.GetTimestamp();
        Assert.True(set.IsCurrent);

        set.Renewed(now, TimeSpan.FromHours(1));
        Assert.True(set.IsCurrent);
        set.Renewed(now - (2 * TimeProvider.System.TimestampFrequency), TimeSpan.FromSeconds(1));
        Assert.False(set.IsCurrent);
    }

    [Theory]
    [InlineData(0UL, "none")]
    [InlineData(1UL, "0")]
    [InlineData(ulong.MaxValue, "0-63")]
    [InlineData(0x8000_0001_0000_0F05UL, "0, 2, 8-11, 32, 63")]
    public void Text_OfASet_NamesItsRanges(ulong shards, string text) => Assert.Equal(text, ShardText.Of(shards));
}
