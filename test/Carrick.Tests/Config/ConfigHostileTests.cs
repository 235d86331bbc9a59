using System.Text;
using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

public sealed class ConfigHostileTests
{
    [Theory]
    [InlineData("file:///etc/passwd", "The URL is not an absolute http or https URL.")]
    [InlineData("gopher://example.com/", "The URL is not an absolute http or https URL.")]
    [InlineData("ftp://example.com/", "The URL is not an absolute http or https URL.")]
    [InlineData("unix:/run/x.sock", "The URL is not an absolute http or https URL.")]
    [InlineData("/hooks", "The URL is not an absolute http or https URL.")]
    [InlineData("http://", "The URL is not an absolute http or https URL.")]
    [InlineData("https://good.example@evil.example/", "The URL has a user name or password.")]
    [InlineData("https://user:password@example.com/", "The URL has a user name or password.")]
    [InlineData("https://example.com/#@evil.example/", "The URL has a fragment.")]
    [InlineData("https://example.com\\\\@evil.example/", "The URL has a backslash.")]
    [InlineData("https://example.com./", "The host ends with a dot.")]
    [InlineData("https://ex\\u0430mple.com/", "The host has characters outside of ASCII.")]
    [InlineData("https://example.com/a b", "The URL has spaces or control characters.")]
    [InlineData("https://example.com/\\r\\nX: y", "The URL has spaces or control characters.")]
    public void Parse_HostileUrl_IsRefusedWithoutShowingIt(string url, string message)
    {
        var error = Assert.Single(Parse(Endpoint().Replace("http://127.0.0.1/", $"\"{url}\"", StringComparison.Ordinal)).Errors);

        Assert.Equal(("integrations.a.deliver[0].url", message), (error.Key, error.Message));
        Assert.DoesNotContain("evil", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("password@", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_UrlOver2048Characters_IsRefused() =>
        Assert.Equal("The URL is longer than 2048 characters.", Assert.Single(Parse(Endpoint().Replace("127.0.0.1/", "127.0.0.1/" + new string('a', 2_048), StringComparison.Ordinal)).Errors).Message);

    [Fact]
    public void Parse_AliasBomb_IsRefusedAtOnce()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (var i = 1; i < 30; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n");
        }

        Assert.Equal("Anchors and aliases are not supported.", Assert.Single(Parse(bomb.ToString()).Errors).Message);
    }

    [Fact]
    public void Parse_DeepNesting_IsRefused() =>
        Assert.Equal("The file is nested deeper than 16 levels.", Assert.Single(Parse("integrations: " + new string('[', 5_000)).Errors).Message);

    [Fact]
    public void Parse_TooManyNodes_IsRefused() =>
        Assert.Equal("The file is longer than 50000 keys and values.", Assert.Single(Parse("integrations: [" + string.Concat(Enumerable.Repeat("a,", 60_000)) + "]").Errors).Message);

    [Fact]
    public void Parse_FileOver1MiB_IsRefused() =>
        Assert.Equal("The file is larger than 1 MiB.", Assert.Single(Parse("integrations: {} #" + new string('x', 1024 * 1024)).Errors).Message);

    [Fact]
    public void Parse_InvalidUtf8_IsRefused() => Assert.Equal("The file is not UTF-8.", Assert.Single(Parse([0x61, 0xFF, 0x0A]).Errors).Message);

    [Fact]
    public void Parse_ManyUnknownKeys_ReportsABoundedNumber()
    {
        var keys = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"k{i}: 1\n"));

        Assert.InRange(Parse("integrations: {}\n" + keys).Errors.Count, 1, 201);
    }

    [Fact]
    public void Errors_KeyWithControlCharacters_AreShownWithoutThem()
    {
        var error = Errors("integrations: {}\n\"\\e[2J\\u202Ex\": 1");

        Assert.DoesNotContain('\u001b', error);
        Assert.DoesNotContain('\u202e', error);
        Assert.Contains("'?[2J?x'", error, StringComparison.Ordinal);
    }
}
