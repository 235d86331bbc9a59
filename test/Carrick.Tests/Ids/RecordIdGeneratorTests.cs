using Carrick.Storage.Rows;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Ids;

public sealed class RecordIdGeneratorTests
{
    private const ulong Store = 0x8000_0000_0000_002A;
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Next_FirstId_HasTimeAndStore()
    {
        var id = new RecordIdGenerator(new FakeTimeProvider(Noon), Store, after: 0).Next();
        Assert.Equal(Noon, id.CreatedAt);
        Assert.Equal(Store, id.Low);
    }

    [Fact]
    public void Next_MoreThanCounterHolds_SpillsIntoNextMillisecond()
    {
        var generator = new RecordIdGenerator(new FakeTimeProvider(Noon), Store, after: 0);
        var ids = Enumerable.Range(0, 4_097).Select(_ => generator.Next()).ToArray();
        Assert.Equal(Noon, ids[4_095].CreatedAt);
        Assert.Equal(Noon.AddMilliseconds(1), ids[4_096].CreatedAt);
        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.Equal(pair.First.Key + 1, pair.Second.Key));
    }

    [Fact]
    public void Next_ClockStepsBack_StillGrows()
    {
        var time = new FakeTimeProvider(Noon);
        var generator = new RecordIdGenerator(time, Store, after: 0);
        var before = generator.Next();
        time.AdjustTime(Noon.AddHours(-1));
        Assert.Equal(before.Key + 1, generator.Next().Key);
    }

    [Fact]
    public void Next_StoreIsAheadOfClock_ContinuesAfterStore()
    {
        var newest = RecordId.FromKey(Noon.AddHours(1).ToUnixTimeMilliseconds() << 12, Store);
        Assert.Equal(newest.Key + 1, new RecordIdGenerator(new FakeTimeProvider(Noon), Store, newest.Key).Next().Key);
    }

    [Fact]
    public async Task Next_ManyThreads_NeverRepeats()
    {
        var generator = new RecordIdGenerator(new FakeTimeProvider(Noon), Store, after: 0);
        var ids = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 5_000).Select(_ => generator.Next().Key).ToArray())));
        Assert.All(ids, part => Assert.Equal(part.Order(), part));
        Assert.Equal(20_000, ids.SelectMany(part => part).Distinct().Count());
    }
}
