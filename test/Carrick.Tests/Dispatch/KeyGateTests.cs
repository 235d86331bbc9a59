using Carrick.Dispatch;
using Carrick.Storage;
using CsCheck;

namespace Carrick.Tests.Dispatch;

public sealed class KeyGateTests
{
    private const int Room = KeyGate.WaitingPerKey;
    private readonly KeyGate _gate = new();

    [Fact]
    public void TryEnter_FreeKeys_StartAtOnceAndApart()
    {
        Assert.True(_gate.TryEnter(Work.Item(1, "a")));
        Assert.True(_gate.TryEnter(Work.Item(2, "A")));
        Assert.False(_gate.TryEnter(Work.Item(3, "a")));
        Assert.Equal(2, _gate.BusyKeys);
    }

    [Fact]
    public void Release_WaitingBehind_GoInOrderAndThenTheKeyIsFree()
    {
        Enter("a", 1, 3);
        Assert.Equal(2, Next(1));
        Assert.Equal(3, Next(2));
        Assert.Equal(KeyRelease.Free, _gate.Release(Work.Item(3, "a"), out var none));
        Assert.Null(none);
        Assert.Equal(0, _gate.BusyKeys);
        Assert.True(_gate.TryEnter(Work.Item(4, "a")));
    }

    [Fact]
    public void IsWaiting_Deliveries_AreThoseBehindTheHeadOfTheirKey()
    {
        Enter("a", 1, 3);
        Assert.False(_gate.IsWaiting(Work.Item(1, "a")));
        Assert.True(_gate.IsWaiting(Work.Item(2, "a")));
        Assert.True(_gate.IsWaiting(Work.Item(3, "a")));
        Assert.False(_gate.IsWaiting(Work.Item(4, "a")));
        Assert.False(_gate.IsWaiting(Work.Item(2, "b")));
        Assert.False(_gate.IsWaiting(Work.Item(2)));
        Assert.Equal(2, Next(1));
        Assert.False(_gate.IsWaiting(Work.Item(2, "a")));
    }

    [Fact]
    public void Release_UnknownKey_IsFree()
    {
        Assert.Equal(KeyRelease.Free, _gate.Release(Work.Item(1, "a"), out var next));
        Assert.Null(next);
    }

    [Fact]
    public void Park_BusyOrFreeKey_HoldsBackWhatComes()
    {
        _gate.Park(Work.Item(1, "a"));
        _gate.Park(Work.Item(1, "a"));
        Assert.False(_gate.TryEnter(Work.Item(2, "a")));
        _gate.Park(Work.Item(1, "a"));
        Assert.Equal(2, Next(1));
    }

    [Fact]
    public void TryEnter_AsManyAsThereIsRoomFor_AreNotRead()
    {
        Enter("a", 1, Room + 1);
        for (var i = 1; i <= Room; i++)
        {
            Assert.False(_gate.NeedsRead("a"));
            Assert.Equal(i + 1, Next(i));
        }

        Assert.Equal(KeyRelease.Free, _gate.Release(Work.Item(Room + 1, "a"), out _));
    }

    [Fact]
    public void Release_MoreThanThereWasRoomFor_AsksForARead()
    {
        Spill();
        Assert.True(_gate.NeedsRead("a"));
        Assert.Equal(1, _gate.BusyKeys);
    }

    [Fact]
    public void TryEnter_OnceSpilled_DropsAlthoughThereIsRoom()
    {
        Enter("a", 1, Room + 2);
        for (var i = 1; i <= 5; i++)
        {
            Next(i);
        }

        Assert.False(_gate.TryEnter(Work.Item(100, "a")));
        for (var i = 6; i <= Room; i++)
        {
            Next(i);
        }

        Assert.Equal(KeyRelease.Read, _gate.Release(Work.Item(Room + 1, "a"), out _));
    }

    [Fact]
    public void EndRead_CompleteAndNothingDroppedSince_FillsAndEndsTheSpill()
    {
        Spill();
        Assert.Equal(Room + 2, _gate.EndRead("a", [Work.Item(Room + 2, "a")], complete: true, lastTaken: Work.Id(Room + 2))!.Id.Key);
        Assert.False(_gate.NeedsRead("a"));
        Assert.False(_gate.TryEnter(Work.Item(Room + 3, "a")));
        Assert.Equal(Room + 3, Next(Room + 2));
    }

    [Fact]
    public void EndRead_NotComplete_StaysSpilled()
    {
        Spill();
        Assert.Equal(Room + 2, _gate.EndRead("a", [Work.Item(Room + 2, "a")], complete: false, lastTaken: Work.Id(900))!.Id.Key);
        Assert.True(_gate.NeedsRead("a"));
        Assert.Equal(KeyRelease.Read, _gate.Release(Work.Item(Room + 2, "a"), out _));
    }

    [Fact]
    public void EndRead_NotYetTakenFromTheReadyBuffer_IsLeftToIt()
    {
        Spill();
        var read = new[] { Work.Item(Room + 2, "a"), Work.Item(Room + 3, "a") };
        Assert.Equal(Room + 2, _gate.EndRead("a", read, complete: false, lastTaken: Work.Id(Room + 2))!.Id.Key);
        Assert.Equal(KeyRelease.Free, _gate.Release(Work.Item(Room + 2, "a"), out _));
    }

    [Fact]
    public void EndRead_DroppedSinceTheReadBegan_ReadsAgain()
    {
        Spill();
        Assert.False(_gate.TryEnter(Work.Item(Room + 3, "a")));
        Assert.Equal(Room + 2, _gate.EndRead("a", [Work.Item(Room + 2, "a")], complete: true, lastTaken: Work.Id(Room + 3))!.Id.Key);
        Assert.Equal(KeyRelease.Read, _gate.Release(Work.Item(Room + 2, "a"), out _));
        Assert.Equal(Room + 3, _gate.EndRead("a", [Work.Item(Room + 3, "a")], complete: true, lastTaken: Work.Id(Room + 3))!.Id.Key);
        Assert.False(_gate.NeedsRead("a"));
    }

    [Fact]
    public void EndRead_NothingButDroppedMeanwhile_NeedsAnotherRead()
    {
        Spill();
        Assert.False(_gate.TryEnter(Work.Item(Room + 3, "a")));
        Assert.Null(_gate.EndRead("a", [], complete: true, lastTaken: Work.Id(Room + 3)));
        Assert.True(_gate.NeedsRead("a"));
        Assert.Null(_gate.EndRead("a", [], complete: true, lastTaken: Work.Id(Room + 3)));
        Assert.False(_gate.NeedsRead("a"));
        Assert.Equal(0, _gate.BusyKeys);
    }

    [Fact]
    public void NeedsRead_FreeBusyOrFilledKey_IsFalse()
    {
        Assert.False(_gate.NeedsRead("a"));
        Enter("a", 1, 1);
        Assert.False(_gate.NeedsRead("a"));
        Enter("a", 2, Room + 2);
        Assert.False(_gate.NeedsRead("a"));
    }

    /// <summary>Keys over a ready buffer that takes all: each delivery starts once, one per key at a time, in the order of commit.</summary>
    [Fact]
    public void Gate_AnyOrderOfArrivalsEndsAndReads_RunsEachKeyInOrder() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, 9].Array[0, 400]).Sample((keys, steps) =>
        {
            var model = new KeyGateModel();
            foreach (var step in steps)
            {
                switch (step)
                {
                    case <= 5:
                        model.Arrive($"k{step % keys}");
                        break;
                    case 6:
                        model.EndOne();
                        break;
                    case 7:
                        model.BeginRead();
                        break;
                    default:
                        model.EndRead();
                        break;
                }
            }

            model.Finish();
        });

    private void Enter(string key, int first, int last)
    {
        for (var i = first; i <= last; i++)
        {
            _gate.TryEnter(Work.Item(i, key));
        }
    }

    private long Next(int ended)
    {
        Assert.Equal(KeyRelease.Next, _gate.Release(Work.Item(ended, "a"), out var next));
        return next!.Id.Key;
    }

    /// <summary>A key with one delivery dropped, the ones in memory ended.</summary>
    private void Spill()
    {
        Enter("a", 1, Room + 2);
        for (var i = 1; i <= Room; i++)
        {
            Assert.Equal(i + 1, Next(i));
        }

        Assert.Equal(KeyRelease.Read, _gate.Release(Work.Item(Room + 1, "a"), out var none));
        Assert.Null(none);
    }
}
