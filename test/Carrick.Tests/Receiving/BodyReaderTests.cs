using System.Net;
using Carrick.Receiving;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Receiving;

public sealed class BodyReaderTests
{
    private readonly InFlightBytes _inFlight = new(1L << 40, 90, 80);

    [Fact]
    public void ReadAsync_AnyBodyInAnyPieces_IsExactAndReleasesWhatItReserved() => Gen.Select(Gen.Int[0, 300_000], Gen.Int[1, 50_000], Gen.Bool).Sample((size, piece, declared) =>
    {
        var body = new byte[size];
        for (var i = 0; i < size; i++)
        {
            body[i] = (byte)(i * 31);
        }

        var inFlight = new InFlightBytes(1L << 40, 90, 80);
        var share = inFlight.Integration("a");
        var result = Reader(inFlight).ReadAsync(Request(new DripStream(body, piece), declared ? size : null), 250_000, share).AsTask().GetAwaiter().GetResult();
        Assert.Equal(size <= 250_000 ? BodyOutcome.Complete : BodyOutcome.TooLarge, result.Outcome);
        Assert.True(size > 250_000 || result.Body.Span.SequenceEqual(body));
        Assert.Equal(result.Body.Length, result.Reserved);
        Assert.Equal(result.Reserved, inFlight.Reserved);
        inFlight.Release(share, result.Address, result.Reserved);
        if (result.Address is { } address)
        {
            inFlight.LeaveAddress(address);
        }

        Assert.Equal((0, 0), (inFlight.Reserved, inFlight.Coming.Bodies));
    }, iter: 100);

    [Fact]
    public async Task ReadAsync_BodyShorterThanDeclared_IsAborted()
    {
        var result = await Reader(_inFlight).ReadAsync(Request(new DripStream(new byte[10], 3), 11), 100, _inFlight.Integration("a"));
        Assert.Equal(BodyOutcome.Aborted, result.Outcome);
        Assert.Equal((0, 0), (_inFlight.Reserved, _inFlight.Coming.Addresses));
    }

    [Theory]
    [InlineData(1, 1_024)]
    [InlineData(1_024, 1_024)]
    [InlineData(1_025, 2_048)]
    [InlineData(10_000, 16_384)]
    [InlineData(100_000, 131_072)]
    public void ReadAsync_PartOfALongBody_ReservesAtMostTwiceWhatCame(int came, int most)
    {
        var stream = new StallingStream(new byte[came]);
        _ = Reader(_inFlight).ReadAsync(Request(stream, 25 * 1024 * 1024), 25 * 1024 * 1024, _inFlight.Integration("a")).AsTask();
        Assert.True(stream.HasStalled);
        Assert.InRange(_inFlight.Reserved, came, most);
        Assert.Equal((1, 1), _inFlight.Coming);
    }

    [Fact]
    public async Task ReadAsync_StreamThatStalls_IsTooSlowAfterTheGraceAndHoldsNothing()
    {
        var time = new FakeTimeProvider();
        var stream = new StallingStream(new byte[5_000]);
        var reading = new BodyReader(_inFlight, new BodyRate(1_024, TimeSpan.FromSeconds(5), time)).ReadAsync(Request(stream, 65_536), 65_536, _inFlight.Integration("a")).AsTask();
        Assert.True(stream.HasStalled);
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(BodyOutcome.TooSlow, (await reading.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Outcome);
        Assert.Equal((0, 0), (_inFlight.Reserved, _inFlight.Coming.Addresses));
    }

    [Fact]
    public async Task ReadAsync_NothingLeftToTake_IsFullAndHoldsNothing()
    {
        var inFlight = new InFlightBytes(10_000, 90, 75);
        var result = await Reader(inFlight).ReadAsync(Request(new DripStream(new byte[9_000], 100), 9_000), 20_000, inFlight.Integration("a"));
        Assert.Equal(BodyOutcome.Full, result.Outcome);
        Assert.Equal((0, 0), (inFlight.Reserved, inFlight.Coming.Bodies));
    }

    private static BodyReader Reader(InFlightBytes inFlight) => new(inFlight, new BodyRate(1_024, TimeSpan.FromSeconds(5), new FakeTimeProvider()));

    private static HttpRequest Request(Stream body, long? length)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Body = body;
        context.Request.ContentLength = length;
        return context.Request;
    }

    /// <summary>Gives a few bytes at each read.</summary>
    private sealed class DripStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }

    /// <summary>Gives its bytes, then waits until the read is cancelled.</summary>
    private sealed class StallingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public bool HasStalled { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }

            HasStalled = true;
            var never = new TaskCompletionSource<int>();
            return await never.Task.WaitAsync(cancellationToken);
        }
    }
}
