using System.Net;
using Carrick.Transport;

namespace Carrick.Tests.Transport;

public sealed class AddressKeyTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8::ffff:2", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("127.0.0.1", "::1", false)]
    public void Of_TwoAddresses_IsTheSameForOneSubscriber(string one, string other, bool same) =>
        Assert.Equal(same, AddressKey.Of(IPAddress.Parse(one)) == AddressKey.Of(IPAddress.Parse(other)));

    [Fact]
    public void Of_NoAddress_IsZero() => Assert.Equal(UInt128.Zero, AddressKey.Of(null));
}
