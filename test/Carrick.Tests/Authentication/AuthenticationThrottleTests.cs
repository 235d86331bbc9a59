using System.Net;
using Carrick.Authentication;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Authentication;

public sealed class AuthenticationThrottleTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Fail_Burst_MakesTheAddressWait()
    {
        var throttle = new AuthenticationThrottle(_time);
        var address = IPAddress.Parse("192.0.2.1");
        for (var i = 1; i <= AuthenticationThrottle.Burst; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Wait(address));
            Assert.Equal(i == AuthenticationThrottle.Burst, throttle.Fail(address));
        }

        Assert.Equal(AuthenticationThrottle.Refill, throttle.Wait(address));
        Assert.Equal(TimeSpan.Zero, throttle.Wait(IPAddress.Parse("192.0.2.2")));
        _time.Advance(AuthenticationThrottle.Refill);
        Assert.Equal(TimeSpan.Zero, throttle.Wait(address));
    }

    [Fact]
    public void Fail_MappedAddress_IsTheSameAddress()
    {
        var throttle = new AuthenticationThrottle(_time);
        Fill(throttle, IPAddress.Parse("192.0.2.1"));
        Assert.NotEqual(TimeSpan.Zero, throttle.Wait(IPAddress.Parse("::ffff:192.0.2.1")));
    }

    [Fact]
    public void Fail_IPv6_CountsThePrefix()
    {
        var throttle = new AuthenticationThrottle(_time);
        Fill(throttle, IPAddress.Parse("2001:db8::1"));
        Assert.NotEqual(TimeSpan.Zero, throttle.Wait(IPAddress.Parse("2001:db8::ffff:2")));
        Assert.Equal(TimeSpan.Zero, throttle.Wait(IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public void Fail_MoreAddressesThanRoom_StaysBoundedAndStillSlows()
    {
        var throttle = new AuthenticationThrottle(_time);
        for (var i = 0; i < AuthenticationThrottle.MaxAddresses + 100; i++)
        {
            throttle.Fail(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
        }

        Assert.True(throttle.Count <= AuthenticationThrottle.MaxAddresses + 1);
        Assert.NotEqual(TimeSpan.Zero, throttle.Wait(IPAddress.Parse("198.51.100.1")));

        _time.Advance(TimeSpan.FromHours(1));
        throttle.Fail(IPAddress.Parse("198.51.100.1"));
        Assert.Equal(1, throttle.Count);
        Assert.Equal(TimeSpan.Zero, throttle.Wait(IPAddress.Parse("198.51.100.1")));
    }

    [Fact]
    public void Fail_AddressThatGoesOnGuessing_IsToldOnceUntilItHasBeenQuiet()
    {
        var throttle = new AuthenticationThrottle(_time);
        var address = IPAddress.Parse("192.0.2.1");
        Fill(throttle, address);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(AuthenticationThrottle.Refill);
            Assert.False(throttle.Fail(address));
        }

        _time.Advance(AuthenticationThrottle.Refill * AuthenticationThrottle.Burst);
        Assert.Equal(1, Enumerable.Range(0, AuthenticationThrottle.Burst).Count(_ => throttle.Fail(address)));
    }

    private static void Fill(AuthenticationThrottle throttle, IPAddress address)
    {
        for (var i = 0; i < AuthenticationThrottle.Burst; i++)
        {
            throttle.Fail(address);
        }
    }
}
