using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

/// <summary>A secret that stands where a name is expected: no error repeats it.</summary>
public sealed class ConfigSecretTests
{
    private const string Canary = "whsec_canary0123MfKQ9r8GKYqrTwjUPD8ILPZIo2";

    [Theory]
    [InlineData("integrations: { a: { receive: { scheme: stripe, secrets: [\"${NAME}\"] } } }", "Its name is not shown")]
    [InlineData("integrations: { a: { receive: { scheme: NAME, secrets: [x] } } }", "no such scheme")]
    [InlineData("integrations: { a: { receive: { scheme: stripe, accept: [NAME], secrets: [canary-x] } } }", "The text is not one of")]
    [InlineData("integrations: { a: { receive: { scheme: stripe, id: NAME, secrets: [canary-x] } } }", "The text is no field")]
    [InlineData("integrations: { a: { receive: { scheme: stripe, NAME: x, secrets: [canary-x] } } }", "Unknown key")]
    [InlineData("integrations: { NAME: { deliver: [] } }", "cannot name an integration")]
    [InlineData("integrations: { a: { deliver: [{ name: NAME, url: 'http://127.0.0.1/' }] } }", "cannot name an endpoint")]
    [InlineData("integrations: { a: { deliver: [{ name: b, url: 'http://127.0.0.1/', timeout: NAME }] } }", "is not a duration")]
    [InlineData("integrations: { a: { deliver: [{ name: b, url: 'http://127.0.0.1/', rate: NAME, order: NAME, concurrency: NAME }] } }", "is not a rate")]
    [InlineData("integrations: { a: { deliver: [{ name: b, url: 'http://127.0.0.1/', retry: { statuses: [NAME], cap: NAME, factor: NAME } }] } }", "is not an answer")]
    [InlineData("integrations: { a: { deliver: [{ name: b, url: NAME }] } }", "not an absolute")]
    [InlineData("integrations: { a: { deliver: [{ name: b, url: 'http://127.0.0.1/', headers: { NAME: 'a\u0001' } }] } }", "visible ASCII")]
    [InlineData("integrations: { a: { receive: { scheme: { name: own, alternatives: [{ name: a, algorithm: NAME }] }, secrets: [x] } } }", "is not one of")]
    [InlineData("NAME: 1\nNAME: 2", "The key stands twice")]
    public void Errors_SecretInPlaceOfAName_IsNotRepeated(string yaml, string expected)
    {
        foreach (var secret in new[] { Canary, "canary_5f4dcc3b5aa765d61d8327deb882cf99a1" })
        {
            var errors = Errors(yaml.Replace("NAME", secret, StringComparison.Ordinal));
            Assert.Contains(expected, errors, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("${hunter2canary}")]
    [InlineData("${canary_password}")]
    [InlineData("${CANARY5F4DCC3B5AA765D61D8327DEB882CF99}")]
    public void Errors_VariableThatMayBeASecret_IsNotNamed(string text) => Assert.DoesNotContain(
        "canary", Errors($"integrations: {{ a: {{ receive: {{ scheme: stripe, secrets: [\"{text}\"] }} }} }}"), StringComparison.OrdinalIgnoreCase);
}
