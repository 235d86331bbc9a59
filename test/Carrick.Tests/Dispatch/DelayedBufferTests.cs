using Carrick.Dispatch;
using Carrick.Storage;
using CsCheck;

namespace Carrick.Tests.Dispatch;

public sealed class DelayedBufferTests
{
    private static readonly DateTimeOffset Now = Work.Start;
    private static readonly HashSet<RecordId> Nothing = [];

    [Fact]
    public void Start_StoreMayHaveWork_NeedsAReadFromTheBeginning()
    {
        var buffer = new DelayedBuffer(8);
        Assert.Equal((DateTimeOffset.MinValue, RecordId.None), buffer.Horizon);
        Assert.True(buffer.NeedsRead(DateTimeOffset.MinValue));
        Assert.Equal(DateTimeOffset.MinValue, buffer.NextTime);
        Assert.Equal((DateTimeOffset.MinValue, RecordId.None), buffer.BeginRead());
    }

    [Fact]
    public void TryTakeDue_SeveralDue_GivesSoonestFirstAndNoneBeforeItsTime()
    {
        var buffer = Complete(Work.Item(2, dueIn: 2), Work.Item(3, dueIn: 1), Work.Item(1, dueIn: 2));
        Assert.False(buffer.TryTakeDue(Now.AddSeconds(1).AddTicks(-1), out _));
        Assert.Equal(3, Take(buffer, 1));
        Assert.False(buffer.TryTakeDue(Now.AddSeconds(1), out _));
        Assert.Equal(1, Take(buffer, 2));
        Assert.Equal(2, Take(buffer, 2));
        Assert.False(buffer.TryTakeDue(Now.AddYears(1), out _));
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public void NeedsRead_HorizonNear_OnlyWhenHalfIsFree(int here, bool expected)
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.EndRead([.. Enumerable.Range(1, here).Select(i => Work.Item(i, dueIn: i))], complete: false, Nothing);

        Assert.Equal(expected, buffer.NeedsRead(Now.AddSeconds(here)));
        Assert.Equal(expected ? Now.AddSeconds(here) - DelayedBuffer.LookAhead : Now.AddSeconds(1), buffer.NextTime);
    }

    [Fact]
    public void EndRead_SomeTakenElsewhere_ReturnsWhatEntered()
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.Add(Work.Item(3, dueIn: 3));
        var entered = buffer.EndRead([Work.Item(1, dueIn: 1), Work.Item(2, dueIn: 2), Work.Item(3, dueIn: 3)], complete: true, new HashSet<RecordId> { Work.Id(2) });

        Assert.Equal([Work.Id(1)], entered.Select(item => item.Id));
        Assert.True(buffer.Contains(Work.Id(3)));
        Assert.False(buffer.Contains(Work.Id(2)));
    }

    [Fact]
    public void Remove_ById_TakesItOutOnce()
    {
        var buffer = Complete(Work.Item(1, dueIn: 1), Work.Item(2, dueIn: 2));
        Assert.True(buffer.Remove(Work.Id(2), out var item));
        Assert.Equal(Work.Id(2), item!.Id);
        Assert.False(buffer.Remove(Work.Id(2), out item));
        Assert.Null(item);
        Assert.Equal(1, buffer.Count);
        Assert.Equal(1, Take(buffer, 2));
    }

    [Fact]
    public void NextTime_EverythingHere_IsTheSoonestDueTime()
    {
        Assert.Null(Complete().NextTime);
        Assert.Equal(Now.AddSeconds(1), Complete(Work.Item(1, dueIn: 9), Work.Item(2, dueIn: 1)).NextTime);
    }

    [Theory]
    [InlineData(10, 100, 10)]
    [InlineData(90, 100, 70)]
    public void NextTime_MoreInTheStore_IsTheSoonestOfDueTimeAndReadingOn(double first, double horizon, double next)
    {
        var buffer = Partly(Work.Item(1, dueIn: first), Work.Item(2, dueIn: horizon));
        Assert.Equal((Now.AddSeconds(horizon), Work.Id(2)), buffer.Horizon);
        Assert.Equal(Now.AddSeconds(next), buffer.NextTime);
    }

    [Fact]
    public void NextTime_NothingHereButInTheStore_IsTheTimeToReadOn()
    {
        var buffer = Partly(Work.Item(1, dueIn: 100));
        Assert.True(buffer.Remove(Work.Id(1), out _));
        Assert.Equal(Now.AddSeconds(70), buffer.NextTime);
        Assert.False(buffer.NeedsRead(Now.AddSeconds(70).AddTicks(-1)));
        Assert.True(buffer.NeedsRead(Now.AddSeconds(70)));
    }

    [Fact]
    public void NextTime_HorizonAtTheBeginningOfTime_IsInRange()
    {
        var item = Work.Item(1);
        item.DueAt = DateTimeOffset.MinValue + DelayedBuffer.LookAhead;
        Assert.Equal(DateTimeOffset.MinValue, Partly(item).NextTime);
        item.DueAt += TimeSpan.FromTicks(1);
        Assert.Equal(DateTimeOffset.MinValue.AddTicks(1), Partly(item).NextTime);
    }

    [Fact]
    public void NeedsRead_MoreInTheStore_OnlyWhenTheHorizonIsNear()
    {
        var buffer = Partly(Work.Item(1, dueIn: 1), Work.Item(2, dueIn: 100));
        Assert.False(buffer.NeedsRead(Now.AddSeconds(5)));
        Assert.False(buffer.NeedsRead(Now.AddSeconds(70).AddTicks(-1)));
        Assert.True(buffer.NeedsRead(Now.AddSeconds(70)));
        Assert.False(Complete(Work.Item(1, dueIn: 1)).NeedsRead(Now.AddSeconds(5)));
        Assert.False(Complete().NeedsRead(Now));
    }

    [Fact]
    public void Add_BehindTheHorizon_IsLeftToTheStore()
    {
        var buffer = Partly(Work.Item(5, dueIn: 100));
        buffer.Add(Work.Item(6, dueIn: 100));
        buffer.Add(Work.Item(1, dueIn: 101));
        Assert.Equal(1, buffer.Count);
        buffer.Add(Work.Item(4, dueIn: 100));
        buffer.Add(Work.Item(9, dueIn: 99));
        Assert.Equal(3, buffer.Count);
    }

    [Fact]
    public void Add_OverTheCapacity_KeepsTheSoonestHalf()
    {
        var buffer = Complete();
        for (var i = 8; i > 0; i--)
        {
            buffer.Add(Work.Item(i, dueIn: i));
        }

        Assert.Equal((8, null), (buffer.Count, buffer.Horizon));
        buffer.Add(Work.Item(9, dueIn: 0));
        Assert.Equal(4, buffer.Count);
        Assert.Equal((Now.AddSeconds(3), Work.Id(3)), buffer.Horizon);
        Assert.Equal([9, 1, 2, 3], Enumerable.Range(0, 4).Select(_ => Take(buffer, 100)));
    }

    [Fact]
    public void Add_DuringARead_CountsOnceAfterIt()
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.Add(Work.Item(1, dueIn: 1));
        buffer.Add(Work.Item(2, dueIn: 2));
        buffer.Add(Work.Item(3, dueIn: 3));
        Assert.Equal(0, buffer.Count);
        buffer.EndRead([Work.Item(1, dueIn: 1), Work.Item(4, dueIn: 2)], complete: false, Nothing);
        Assert.Equal(2 + 1, buffer.Count);
        buffer.Add(Work.Item(5, dueIn: 1));
        Assert.Equal([1, 5, 2, 4], Enumerable.Range(0, 4).Select(_ => Take(buffer, 100)));
        buffer.EndRead([], buffer.BeginRead() == default, Nothing);
        Assert.Equal(0, buffer.Count);
    }

    [Fact]
    public void EndRead_OfADeliveryThatRuns_IsLeftToItsEnd()
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.EndRead([Work.Item(1, dueIn: 1), Work.Item(2, dueIn: 2)], complete: false, new HashSet<RecordId> { Work.Id(2) });
        Assert.Equal((Now.AddSeconds(2), Work.Id(2)), buffer.Horizon);
        Assert.Equal(1, buffer.Count);
        buffer.Add(Work.Item(2, dueIn: 2));
        Assert.Equal([1, 2], Enumerable.Range(0, 2).Select(_ => Take(buffer, 2)));
        Assert.Equal(0, buffer.Count);
    }

    [Fact]
    public void EndRead_ThatRunsAndEndsDuringTheRead_CountsOnce()
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.Add(Work.Item(1, dueIn: 1));
        buffer.EndRead([Work.Item(1, dueIn: 1)], complete: true, Nothing);
        Assert.Equal(1, buffer.Count);
    }

    [Fact]
    public void EndRead_OfAnOlderDueTimeThanArrived_KeepsTheNewer()
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.Add(Work.Item(1, dueIn: 50));
        buffer.EndRead([Work.Item(1, dueIn: 1)], complete: true, Nothing);
        Assert.Equal((1, Now.AddSeconds(50)), (buffer.Count, buffer.NextTime));
    }

    [Fact]
    public void Remove_DuringARead_KeepsItOut()
    {
        var buffer = Partly(Work.Item(9, dueIn: 0));
        buffer.BeginRead();
        buffer.Add(Work.Item(1, dueIn: 1));
        Assert.True(buffer.Remove(Work.Id(1), out var item));
        Assert.Equal(Work.Id(1), item!.Id);
        Assert.False(buffer.Remove(Work.Id(1), out item));
        Assert.False(buffer.Remove(Work.Id(2), out item));
        Assert.Null(item);
        Assert.True(buffer.Remove(Work.Id(9), out _));
        buffer.EndRead([Work.Item(1, dueIn: 1), Work.Item(2, dueIn: 2), Work.Item(3, dueIn: 3)], complete: false, Nothing);
        Assert.Equal((1, 3), (buffer.Count, Take(buffer, 100)));
        buffer.Add(Work.Item(2, dueIn: 2));
        Assert.False(buffer.Remove(Work.Id(1), out _));
        buffer.BeginRead();
        buffer.EndRead([Work.Item(1, dueIn: 1)], complete: true, Nothing);
        Assert.Equal(2, buffer.Count);
    }

    [Fact]
    public void EndRead_EmptyPageThatIsNotTheLast_KeepsTheHorizon()
    {
        var buffer = Partly(Work.Item(1, dueIn: 10));
        var horizon = buffer.BeginRead();
        Assert.Equal((Now.AddSeconds(10), Work.Id(1)), horizon);
        buffer.EndRead([], complete: false, Nothing);
        Assert.Equal(horizon, buffer.Horizon);
        buffer.BeginRead();
        buffer.EndRead([], complete: true, Nothing);
        Assert.Null(buffer.Horizon);
    }

    [Fact]
    public void AbandonRead_AfterAFailure_KeepsTheHorizonAndWhatArrived()
    {
        var buffer = Partly(Work.Item(1, dueIn: 10));
        buffer.BeginRead();
        buffer.Add(Work.Item(2, dueIn: 5));
        buffer.Add(Work.Item(3, dueIn: 50));
        buffer.AbandonRead();
        Assert.Equal((Now.AddSeconds(10), Work.Id(1)), buffer.Horizon);
        Assert.Equal(2, buffer.Count);
        buffer.Add(Work.Item(4, dueIn: 6));
        Assert.Equal([2, 4, 1], Enumerable.Range(0, 3).Select(_ => Take(buffer, 100)));
    }

    [Fact]
    public void Buffer_AnyOrderOfCommitsReadsAndEnds_GivesEachDueDeliveryOnce() =>
        Gen.Select(Gen.Int[2, 8], Gen.Int[0, 3], Gen.Select(Gen.Int[0, 7], Gen.Int[0, 60]).Array[0, 200]).Sample((capacity, page, steps) =>
        {
            var model = new DelayedBufferModel(capacity, page + 1);
            foreach (var (step, number) in steps)
            {
                model.Step(step, number);
            }

            model.Finish();
        });

    private static DelayedBuffer Complete(params WorkItem[] items) => Read(items, complete: true);

    private static DelayedBuffer Partly(params WorkItem[] items) => Read(items, complete: false);

    private static DelayedBuffer Read(WorkItem[] items, bool complete)
    {
        var buffer = new DelayedBuffer(8);
        buffer.BeginRead();
        buffer.EndRead(items, complete, Nothing);
        return buffer;
    }

    private static long Take(DelayedBuffer buffer, double seconds)
    {
        Assert.True(buffer.TryTakeDue(Now.AddSeconds(seconds), out var item));
        return item!.Id.Key;
    }

    [Fact]
    public void Remove_OfManyInAnyOrder_MovesFewAndKeepsLittleOfThem()
    {
        const int Many = 100_000;
        var buffer = new DelayedBuffer(Many);
        buffer.BeginRead();
        buffer.EndRead([.. Enumerable.Range(1, Many).Select(i => Work.Item(i, dueIn: i * 7919 % Many))], complete: true, new HashSet<RecordId>());

        for (var i = 0; i < Many; i++)
        {
            Assert.True(buffer.Remove(Work.Id(1 + (int)(i * 104_729L % Many)), out var item));
            Assert.NotNull(item);
            Assert.InRange(buffer.Entries, buffer.Count, (2 * buffer.Count) + 64);
        }

        Assert.Equal(0, buffer.Count);
        Assert.Null(buffer.NextTime);
        Assert.InRange(buffer.Moved, 0, 2 * Many);
    }

    [Fact]
    public void Add_OfOneThatWasRemovedAndCameBack_ComesAtItsNewTimeOnly()
    {
        var buffer = new DelayedBuffer(16);
        buffer.BeginRead();
        buffer.EndRead([], complete: true, new HashSet<RecordId>());
        var item = Work.Item(1, dueIn: 1);
        buffer.Add(item);
        buffer.Remove(item.Id, out _);
        item.DueAt = Work.Start.AddSeconds(5);
        buffer.Add(item);

        Assert.False(buffer.TryTakeDue(Work.Start.AddSeconds(2), out _));
        Assert.Equal(Work.Start.AddSeconds(5), buffer.NextTime);
        Assert.True(buffer.TryTakeDue(Work.Start.AddSeconds(5), out var taken));
        Assert.Same(item, taken);
        Assert.False(buffer.TryTakeDue(Work.Start.AddSeconds(50), out _));
    }
}
