using Carrick.Dispatch;
using Carrick.Storage;
using CsCheck;

namespace Carrick.Tests.Dispatch;

public sealed class ReadyBufferTests
{
    [Fact]
    public void Start_StoreMayHaveWork_NeedsARead()
    {
        var buffer = new ReadyBuffer(4);
        Assert.True(buffer.Spilled);
        Assert.True(buffer.NeedsRead);
        Assert.Equal((RecordId.None, RecordId.None, 0), (buffer.Cursor, buffer.LastTaken, buffer.Count));
        Assert.False(buffer.Offer(Work.Item(1)));
        Assert.Equal(4, buffer.BeginRead());
    }

    [Fact]
    public void Offer_WithRoom_IsTakenInOrder()
    {
        var buffer = Read(4);
        Assert.True(buffer.Offer(Work.Item(1)));
        Assert.True(buffer.Offer(Work.Item(2)));
        Assert.Equal((Work.Id(2), 2, false), (buffer.Cursor, buffer.Count, buffer.NeedsRead));
        Assert.True(buffer.TryTake(out var item));
        Assert.Equal((Work.Id(1), Work.Id(1)), (item!.Id, buffer.LastTaken));
        Assert.True(buffer.TryTake(out item));
        Assert.Equal(Work.Id(2), buffer.LastTaken);
        Assert.False(buffer.TryTake(out item));
        Assert.Null(item);
        Assert.Equal(Work.Id(2), buffer.LastTaken);
    }

    [Fact]
    public void EndRead_SomeElsewhereInMemory_TakesTheOthersAndReadsOnBehindAll()
    {
        var buffer = new ReadyBuffer(4);
        buffer.EndRead([Work.Item(1), Work.Item(2), Work.Item(3)], buffer.BeginRead(), item => item.Id != Work.Id(2));

        Assert.Equal((Work.Id(3), 2), (buffer.Cursor, buffer.Count));
        Assert.False(buffer.Contains(Work.Id(2)));
        Assert.True(buffer.Contains(Work.Id(3)));
    }

    [Fact]
    public void Offer_OfWhatAReadBrought_IsDroppedAndSpillsNothing()
    {
        var buffer = new ReadyBuffer(4);
        buffer.EndRead([Work.Item(1), Work.Item(2)], buffer.BeginRead());
        Assert.False(buffer.Offer(Work.Item(1)));
        Assert.False(buffer.Offer(Work.Item(2)));
        Assert.Equal((2, false), (buffer.Count, buffer.Spilled));
        Assert.True(buffer.Offer(Work.Item(3)));
    }

    [Fact]
    public void Offer_Full_SpillsUntilAReadCatchesUp()
    {
        var buffer = Read(4);
        for (var i = 1; i <= 4; i++)
        {
            Assert.True(buffer.Offer(Work.Item(i)));
        }

        Assert.False(buffer.Spilled);
        Assert.False(buffer.Offer(Work.Item(5)));
        Assert.True(buffer.Spilled);
        Assert.False(buffer.NeedsRead);
        Take(buffer, 1);
        Assert.False(buffer.NeedsRead);
        Assert.False(buffer.Offer(Work.Item(6)));
        Take(buffer, 1);
        Assert.True(buffer.NeedsRead);
        Assert.Equal(Work.Id(4), buffer.Cursor);
        var asked = buffer.BeginRead();
        Assert.Equal(2, asked);
        buffer.EndRead([Work.Item(5), Work.Item(6)], asked);
        Assert.True(buffer.Spilled);
        Take(buffer, 2);
        buffer.EndRead([], buffer.BeginRead());
        Assert.False(buffer.Spilled);
        Assert.True(buffer.Offer(Work.Item(7)));
        Assert.Equal([5, 6, 7], Drain(buffer));
    }

    [Fact]
    public void EndRead_OffersDroppedMeanwhile_StaysSpilled()
    {
        var buffer = new ReadyBuffer(4);
        var asked = buffer.BeginRead();
        Assert.False(buffer.Offer(Work.Item(1)));
        buffer.EndRead([], asked);
        Assert.True(buffer.NeedsRead);
        buffer.EndRead([Work.Item(1)], buffer.BeginRead());
        Assert.False(buffer.Spilled);
    }

    [Fact]
    public void Contains_ItemsHere_Only()
    {
        var buffer = Read(4);
        buffer.Offer(Work.Item(1));
        buffer.Offer(Work.Item(2));
        Assert.True(buffer.Contains(Work.Id(1)));
        Assert.True(buffer.Contains(Work.Id(2)));
        Assert.False(buffer.Contains(Work.Id(3)));
        Take(buffer, 1);
        Assert.False(buffer.Contains(Work.Id(1)));
    }

    /// <summary>Commits, takes and reads in any order, commits during reads included: every delivery once, in the order of commit.</summary>
    [Fact]
    public void Buffer_AnyOrderOfCommitsTakesAndReads_GivesEachOnceInOrder() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[0, 5].Array[0, 200]).Sample((capacity, steps) =>
        {
            var buffer = new ReadyBuffer(capacity);
            var store = new List<WorkItem>();
            var taken = new List<int>();
            (List<WorkItem> Page, int Asked)? reading = null;
            void Commit(bool handOff)
            {
                var item = Work.Item(store.Count + 1);
                store.Add(item);
                if (handOff)
                {
                    buffer.Offer(item);
                }
            }

            void Begin()
            {
                if (reading is null && buffer.NeedsRead)
                {
                    var asked = buffer.BeginRead();
                    reading = ([.. store.Where(item => item.Id > buffer.Cursor).Take(asked)], asked);
                }
            }

            void End()
            {
                if (reading is { } read)
                {
                    buffer.EndRead(read.Page, read.Asked);
                    reading = null;
                }
            }

            foreach (var step in steps)
            {
                switch (step)
                {
                    case 0 or 1 or 2:
                        Commit(handOff: true);
                        break;
                    case 3 when buffer.TryTake(out var item):
                        taken.Add((int)item!.Id.Key);
                        break;
                    case 4:
                        Begin();
                        break;
                    case 5:
                        End();
                        break;
                }

                Assert.True(buffer.Count <= capacity, $"{buffer.Count} of {capacity}");
            }

            End();
            while (taken.Count < store.Count)
            {
                Begin();
                End();
                Assert.True(buffer.TryTake(out var item), $"{taken.Count} of {store.Count}");
                taken.Add((int)item!.Id.Key);
            }

            Assert.Equal(Enumerable.Range(1, store.Count), taken);
        });

    private static ReadyBuffer Read(int capacity)
    {
        var buffer = new ReadyBuffer(capacity);
        buffer.EndRead([], buffer.BeginRead());
        return buffer;
    }

    private static void Take(ReadyBuffer buffer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.True(buffer.TryTake(out _));
        }
    }

    private static List<long> Drain(ReadyBuffer buffer)
    {
        var keys = new List<long>();
        while (buffer.TryTake(out var item))
        {
            keys.Add(item!.Id.Key);
        }

        return keys;
    }
}
