using Carrick.Signatures;
using Xunit;

namespace Carrick.Tests.Signatures;

public sealed class UrlTests
{
    [Theory]
    [InlineData("https://a.example/x", "https://a.example:443/x", "https://a.example/x")]
    [InlineData("http://a.example", "http://a.example:80", "http://a.example")]
    [InlineData("https://a.example:8443/x", "https://a.example:8443/x", "https://a.example/x")]
    [InlineData("https://user:pass@a.example/x", "https://user:pass@a.example:443/x", "https://user:pass@a.example/x")]
    [InlineData("https://user:pass@a.example:1/x", "https://user:pass@a.example:1/x", "https://user:pass@a.example/x")]
    [InlineData("https://[::1]/x", "https://[::1]:443/x", "https://[::1]/x")]
    [InlineData("https://[::1]:9/x", "https://[::1]:9/x", "https://[::1]/x")]
    public void Make_Port_IsAddedOrRemoved(string url, string with, string without)
    {
        Assert.Equal(with + "?q", PublicUrls.Make(url, "?q", UrlCandidate.WithPort));
        Assert.Equal(without + "?q", PublicUrls.Make(url, "?q", UrlCandidate.WithoutPort));
        Assert.Equal(url + "?q", PublicUrls.Make(url, "?q", UrlCandidate.Configured));
    }

    [Theory]
    [InlineData("?a=b'c&d", "?a=b'c&d=")]
    [InlineData("?a=%27x%27&b=1%2B1", "?a='x'&b=1%2B1")]
    public void Make_LegacyQuery_IsEncodedAgain(string query, string expected) =>
        Assert.Equal("https://a.example/x" + expected, PublicUrls.Make("https://a.example/x", query, UrlCandidate.LegacyQuery));

    [Fact]
    public void Make_WithoutPublicUrlOrQuery_IsNothing()
    {
        Assert.Null(PublicUrls.Make(null, "?a", UrlCandidate.Configured));
        Assert.Null(PublicUrls.Make("https://a.example", "", UrlCandidate.LegacyQuery));
    }

    [Theory]
    [InlineData("https://a/%3a%3F%40", "https://a/:?@")]
    [InlineData("https://a/%20%41%3", "https://a/%20%41%3")]
    [InlineData("https://a/plain", "https://a/plain")]
    public void DecodeReserved_FixedSet_IsDecodedOnly(string url, string expected) => Assert.Equal(expected, PublicUrls.DecodeReserved(url));
}
