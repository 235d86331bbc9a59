using Carrick.Storage.Rows;
using CsCheck;

namespace Carrick.Tests.Ids;

public sealed class RecordIdTests
{
    private static readonly Gen<RecordId> AnyId = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new RecordId(high, low));

    [Fact]
    public void Text_RoundTrip_KeepsEveryBit() => AnyId.Sample(id =>
    {
        Assert.True(RecordId.TryParse(id.ToString(IdPrefix.Event), IdPrefix.Event, out var read));
        Assert.Equal(id, read);
    });

    [Fact]
    public void Text_LowerCase_IsTheSameId() => AnyId.Sample(id =>
    {
        var text = id.ToString(IdPrefix.Event);
        Assert.True(RecordId.TryParse(IdPrefix.Event + text[IdPrefix.Event.Length..].ToLowerInvariant(), IdPrefix.Event, out var read));
        Assert.Equal(id, read);
    });

    [Fact]
    public void Text_Order_IsOrderOfIds() => Gen.Select(AnyId, AnyId).Sample((left, right) =>
        Assert.Equal(
            Math.Sign(left.CompareTo(right)),
            Math.Sign(string.CompareOrdinal(left.ToString(IdPrefix.Event), right.ToString(IdPrefix.Event)))));

    [Fact]
    public void Operators_TwoIds_AgreeWithComparison() => Gen.Select(AnyId, AnyId).Sample((left, right) =>
    {
        Assert.Equal(left.CompareTo(right) < 0, left < right);
        Assert.Equal(left.CompareTo(right) > 0, left > right);
        Assert.Equal(left.CompareTo(right) <= 0, left <= right);
        Assert.Equal(left.CompareTo(right) >= 0, left >= right);
    });

    [Fact]
    public void Comparison_SameHigh_IsByLow()
    {
        var (older, newer) = (new RecordId(1, 1), new RecordId(1, 2));
        Assert.True(older < newer && newer > older && older <= newer && newer >= older);
        Assert.False(older > newer || newer < older || older >= newer || newer <= older);
#pragma warning disable CS1718
        Assert.True(older <= older && older >= older && !(older < older) && !(older > older));
#pragma warning restore CS1718
    }

    [Fact]
    public void Text_KnownId_IsAsWritten()
    {
        var id = new RecordId(0x0190_163D_8694_7000, 0x8000_0000_0000_0001);
        Assert.Equal("evt_01J0B3V1MME008000000000001", id.ToString(IdPrefix.Event));
        Assert.Equal("id_01J0B3V1MME008000000000001", id.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("evt_")]
    [InlineData("evt_0000000000000000000000000")]
    [InlineData("evt_000000000000000000000000000")]
    [InlineData("dlv_00000000000000000000000000")]
    [InlineData("evt-00000000000000000000000000")]
    [InlineData("evt_80000000000000000000000000")]
    [InlineData("evt_0000000000000000000000000U")]
    [InlineData("evt_0000000000000000000000000!")]
    [InlineData("evt_000000000000000000000000０0")]
    public void Text_NoId_IsRefused(string? text)
    {
        Assert.False(RecordId.TryParse(text, IdPrefix.Event, out var id));
        Assert.Equal(RecordId.None, id);
    }

    [Fact]
    public void Text_ConfusedLetters_AreDigits()
    {
        Assert.True(RecordId.TryParse("evt_0000000000000000000000OIL1", IdPrefix.Event, out var confused));
        Assert.True(RecordId.TryParse("evt_00000000000000000000000111", IdPrefix.Event, out var plain));
        Assert.Equal(plain, confused);
    }

    [Fact]
    public void Key_RoundTrip_IsUuidVersion7() => Gen.Select(Gen.Long[0, (1L << 60) - 1], Gen.ULong).Sample((key, low) =>
    {
        var id = RecordId.FromKey(key, low);
        Assert.Equal(key, id.Key);
        Assert.Equal(low, id.Low);
        Assert.Equal(7UL, (id.High >> 12) & 0xF);
    });

    [Fact]
    public void Key_Order_IsOrderOfIds() => Gen.Select(Gen.Long[0, (1L << 60) - 1], Gen.Long[0, (1L << 60) - 1]).Sample((left, right) =>
        Assert.Equal(left.CompareTo(right), RecordId.FromKey(left, 5).CompareTo(RecordId.FromKey(right, 5))));

    [Fact]
    public void CreatedAt_OfKey_IsItsMillisecond()
    {
        var at = new DateTimeOffset(2026, 11, 23, 14, 8, 1, 234, TimeSpan.Zero);
        Assert.Equal(at, RecordId.FromKey((at.ToUnixTimeMilliseconds() << 12) | 0xFFF, 1).CreatedAt);
    }

    [Fact]
    public void Bytes_OfId_AreInNetworkOrder()
    {
        var bytes = new byte[16];
        new RecordId(0x0102030405060708, 0x090A0B0C0D0E0F10).WriteBytes(bytes);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], bytes);
    }
}
