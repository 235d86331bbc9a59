using System.Text;
using Carrick.Integrations;
using CsCheck;
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

    /// <summary>Whoever may write the configuration may name inner addresses: nothing is refused for where it leads, only for how it is written.</summary>
    [Theory]
    [InlineData("http://localhost/", "localhost")]
    [InlineData("http://127.1/", "127.0.0.1")]
    [InlineData("http://0x7f.1/", "127.0.0.1")]
    [InlineData("http://2130706433/", "127.0.0.1")]
    [InlineData("http://017700000001/", "127.0.0.1")]
    [InlineData("http://[::1]/", "[::1]")]
    [InlineData("http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]")]
    [InlineData("http://169.254.169.254/", "169.254.169.254")]
    [InlineData("http://127.0.0.1:8420/webhooks/acme", "127.0.0.1")]
    [InlineData("http://\uff11\uff12\uff17.0.0.1/", null)]
    [InlineData("http://127\u30020\u30020\u30021/", null)]
    [InlineData("http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/", null)]
    public void Parse_InnerAddress_IsTakenInAsciiOnly(string url, string? host)
    {
        var result = Parse(Endpoint().Replace("http://127.0.0.1/", $"\"{url}\"", StringComparison.Ordinal));

        if (host is null)
        {
            Assert.Equal("The host has characters outside of ASCII.", Assert.Single(result.Errors).Message);
        }
        else
        {
            Assert.Equal(host, ((EndpointDefinition)result.Document!.Integrations[0].Consumers[0]).Url.Host);
        }
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

        var errors = Parse("integrations: {}\n" + keys).Errors;

        Assert.Equal(200, errors.Count);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"k{i}"), errors.Select(error => error.Key));
    }

    [Fact]
    public void Parse_ManyLongVariables_IsRefusedBeforeTheyAreFilledIn()
    {
        var yaml = Endpoint($"headers: {{ X-A: \"{string.Concat(Enumerable.Repeat("${A}", 200_000))}\" }}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Single(Parse(yaml, ("A", new string('x', 100_000))).Errors);

        Assert.Equal(("integrations.a.deliver[0].headers.X-A", "The file is too long with its variables filled in."), (error.Key, error.Message));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100L << 20);
    }

    [Fact]
    public void Parse_ManyTextsWithALongVariable_AreBoundedTogether()
    {
        var headers = string.Join(", ", Enumerable.Range(0, 50).Select(i => $"X-{i}: \"${{A}}\""));

        var errors = Parse(Endpoint($"headers: {{ {headers} }}"), ("A", new string('x', 100_000))).Errors;

        Assert.Equal(50 - 41, errors.Count(error => error.Message == "The file is too long with its variables filled in."));
    }

    [Fact]
    public void Parse_AnyBytes_IsADocumentOrErrorsNeverAnException() =>
        Gen.Byte.Array[0, 200].Sample(bytes => IsAnAnswer(Parse(bytes)));

    [Fact]
    public void Parse_MutatedDocument_IsADocumentOrErrorsNeverAnException()
    {
        const string Signs = "{}[]:,-\"'$&*!|>#\n\t ";

        // Bytes at random are rarely YAML at all; a good document with a few of them replaced reaches the rules.
        var document = Encoding.UTF8.GetBytes("""
            integrations:
              a:
                receive: { scheme: { name: m, kind: mac, algorithm: hmac-sha256, signature: { header: x }, content: "{body}" }, secrets: ["${A}", s3cret] }
                deliver: [{ name: x, url: "http://127.0.0.1/", types: ["a.*"], timeout: 1s, retry: { attempts: 3, base: 1s }, rate: 5/s, headers: { X-A: b } }]
            retention: { events: 7d }
            limits: { bodyBuffer: 1MiB }
            """);
        Gen.Select(Gen.Int[0, document.Length - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, Signs.Length - 1].Select(i => (byte)Signs[i]))).Array[1, 8].Sample(changes =>
        {
            var bytes = document.ToArray();
            foreach (var (at, value) in changes)
            {
                bytes[at] = value;
            }

            return IsAnAnswer(Parse(bytes, ("A", "0123456789abcdef")));
        });
    }

    [Fact]
    public void Errors_KeyWithControlCharacters_AreShownWithoutThem()
    {
        var error = Errors("integrations: {}\n\"\\e[2J\\u202Ex\": 1");

        Assert.DoesNotContain('\u001b', error);
        Assert.DoesNotContain('\u202e', error);
        Assert.Contains("'?[2J?x'", error, StringComparison.Ordinal);
    }

    private static bool IsAnAnswer(Carrick.Server.Config.ConfigResult result) =>
        (result.Document is null) == (result.Errors.Count > 0) && result.Errors.All(error => error.Line > 0 && error.Column > 0 && error.Remedy.Length > 0);
}
