using System.IO.Compression;
using System.Text;
using Carrick.Handlers;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Handlers;

public sealed class PackedBodyTests
{
    private static readonly byte[] Plain = Encoding.UTF8.GetBytes("""{"number":"A1"}""");

    [Theory]
    [InlineData("gzip")]
    [InlineData("GZip")]
    [InlineData(" x-gzip ")]
    [InlineData("br")]
    [InlineData("deflate")]
    public void Open_PackedOnce_IsUnpacked(string encoding) => Assert.Equal(Plain, PackedBody.Open(Event(Pack(Plain, encoding), encoding)).ToArray());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("identity")]
    public void Open_NotPacked_IsTheBodyAsItCame(string? encoding) => Assert.Equal(Plain, PackedBody.Open(Event(Plain, encoding)).ToArray());

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public void Open_AnyBytes_ComeBackExactly(string encoding) => Gen.Byte.Array[0, 5_000].Sample(bytes =>
        Assert.Equal(bytes, PackedBody.Open(Event(Pack(bytes, encoding), encoding)).ToArray()));

    [Theory]
    [InlineData("gzip, br", "The body is packed more than once; one content encoding is unpacked.")]
    [InlineData("gzip,identity", "The body is packed more than once; one content encoding is unpacked.")]
    [InlineData("zstd", "The body's content encoding is not one of gzip, br and deflate.")]
    [InlineData("canary", "The body's content encoding is not one of gzip, br and deflate.")]
    public void Open_EncodingThatIsNotUnpacked_FailsForGoodAndSaysWhy(string encoding, string reason) =>
        Assert.Equal(reason, Assert.Throws<PermanentFailureException>(() => PackedBody.Open(Event(Plain, encoding))).Message);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public void Open_NotWhatItsEncodingSays_FailsForGood(string encoding) => Assert.Equal(
        "The body is not what its content encoding says.",
        Assert.Throws<PermanentFailureException>(() => PackedBody.Open(Event(Plain, encoding))).Message);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public void Open_Bomb_IsNotUnpackedFurtherThanTheLimit(string encoding)
    {
        var bomb = Pack(new byte[64 * 1024 * 1024], encoding);
        var limit = Math.Min(PackedBody.Longest, Math.Max(PackedBody.Free, bomb.Length * PackedBody.HighestRatio));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Assert.Throws<PermanentFailureException>(() => PackedBody.Open(Event(bomb, encoding)));
        Assert.Equal($"The body unpacks to more than {limit} bytes; at most 10485760, and 100 times its packed size, are unpacked.", exception.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L * PackedBody.Longest);
    }

    [Fact]
    public void Open_AtTheRatioAndOneByteOver_IsUnpackedAndRefused()
    {
        Assert.Equal(PackedBody.Free, PackedBody.Open(Event(Pack(new byte[PackedBody.Free], "gzip"), "gzip")).Length);
        Assert.Throws<PermanentFailureException>(() => PackedBody.Open(Event(Pack(new byte[PackedBody.Free + 1], "gzip"), "gzip")));
    }

    [Fact]
    public void Open_AtTheLongestAndOneByteOver_IsUnpackedAndRefused()
    {
        // Noise among zeros keeps the ratio low, so that only the length decides.
        var body = new byte[PackedBody.Longest + 1];
        for (var i = 0; i < body.Length; i += 40)
        {
            body[i] = (byte)(i * 31 / 7 % 251);
        }

        Assert.Equal(PackedBody.Longest, PackedBody.Open(Event(Pack(body[..^1], "gzip"), "gzip")).Length);
        Assert.Throws<PermanentFailureException>(() => PackedBody.Open(Event(Pack(body, "gzip"), "gzip")));
    }

    private static byte[] Pack(byte[] bytes, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packing = encoding switch
        {
            "br" => new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            packing.Write(bytes);
        }

        return packed.ToArray();
    }

    private static EventRecord Event(byte[] body, string? encoding) => new()
    {
        Id = RecordId.FromKey(1, 0x8000_0000_0000_0001),
        Integration = "billing",
        Type = "invoice.paid",
        MessageId = "m1",
        Headers = encoding is null ? [] : [new("Content-Encoding", encoding)],
        Body = body,
        ReceivedAt = DateTimeOffset.UnixEpoch,
    };
}
