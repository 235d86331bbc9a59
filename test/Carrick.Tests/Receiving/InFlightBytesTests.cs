using System.Net;
using Carrick.Receiving;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Receiving;

public sealed class InFlightBytesTests
{
    [Fact]
    public void TryReserve_OverTheLimit_ReservesNothing()
    {
        var inFlight = new InFlightBytes(1_000, 95, 75);
        var (a, b) = (inFlight.Integration("a"), inFlight.Integration("b"));
        Assert.True(inFlight.TryReserve(a, null, 900));
        Assert.False(inFlight.TryReserve(b, null, 101));
        Assert.Equal(900, inFlight.Reserved);
        inFlight.Release(a, null, 800);
        Assert.True(inFlight.TryReserve(b, null, 800));
    }

    [Fact]
    public void TryReserve_OneSource_ReachesItsPercentAndNoMore()
    {
        var inFlight = new InFlightBytes(1_000, 90, 80);
        var integration = inFlight.Integration("a");
        var address = inFlight.EnterAddress(IPAddress.Loopback);
        Assert.Equal(720, Fill(inFlight, integration, address));
        Assert.Equal(90, Fill(inFlight, integration, inFlight.EnterAddress(IPAddress.Parse("192.0.2.1"))));
        Assert.Equal(72, Fill(inFlight, inFlight.Integration("b"), inFlight.EnterAddress(IPAddress.Parse("192.0.2.2"))));

        // What comes at once has its own account, at the attacked integration too.
        Assert.True(Fill(inFlight, integration, null) > 90);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(300)]
    public void TryReserve_ManySourcesThatTakeAllTheyCan_LeaveSomethingForTheNext(int sources)
    {
        const long Limit = 64L * 1024 * 1024;
        var inFlight = new InFlightBytes(Limit, 90, 80);
        for (var i = 0; i < sources; i++)
        {
            var (integration, address) = (inFlight.Integration($"i{i}"), inFlight.EnterAddress(new IPAddress([10, 0, (byte)(i >> 8), (byte)i])));
            while (inFlight.TryReserve(integration, address, 4_096))
            {
            }
        }

        Assert.True(inFlight.Reserved <= Limit / 10 * 9);
        Assert.True(inFlight.TryReserve(inFlight.Integration("i0"), null, Limit / 20));
        Assert.True(inFlight.TryReserve(inFlight.Integration("next"), null, Limit / 40));
    }

    [Fact]
    public void EnterAddress_AllBodiesLeft_IsForgotten()
    {
        var inFlight = new InFlightBytes(1_000, 90, 80);
        var one = inFlight.EnterAddress(IPAddress.Parse("2001:db8::1"));
        Assert.Same(one, inFlight.EnterAddress(IPAddress.Parse("2001:db8::ffff:2")));
        Assert.NotSame(one, inFlight.EnterAddress(IPAddress.Parse("2001:db8:0:1::1")));
        Assert.Equal((2, 3), inFlight.Coming);
        inFlight.LeaveAddress(one);
        Assert.Equal((2, 2), inFlight.Coming);
        inFlight.LeaveAddress(one);
        Assert.Equal((1, 1), inFlight.Coming);
    }

    [Fact]
    public void TryReserve_AnyHistory_ReleasesToZeroAndStaysWithinTheLimit() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[1, 400]).Array[1, 60].Sample(steps =>
        {
            var inFlight = new InFlightBytes(1_000, 90, 80);
            var addresses = Enumerable.Range(0, 4).Select(i => inFlight.EnterAddress(new IPAddress([10, 0, 0, (byte)i]))).ToArray();
            List<(IntegrationShare, InFlightShare, int)> held = [];
            foreach (var (integration, address, bytes) in steps)
            {
                if (inFlight.TryReserve(inFlight.Integration($"i{integration}"), addresses[address], bytes))
                {
                    held.Add((inFlight.Integration($"i{integration}"), addresses[address], bytes));
                }

                Assert.Equal(held.Sum(item => item.Item3), inFlight.Reserved);
                Assert.InRange(inFlight.Reserved, 0, 999);
            }

            held.ForEach(item => inFlight.Release(item.Item1, item.Item2, item.Item3));
            Assert.Equal(0, inFlight.Reserved);
            Assert.Equal(720, Fill(inFlight, inFlight.Integration("i0"), addresses[0]));
        });

    private static long Fill(InFlightBytes inFlight, IntegrationShare integration, InFlightShare? address)
    {
        var taken = 0;
        while (inFlight.TryReserve(integration, address, 1))
        {
            taken++;
        }

        return taken;
    }
}
