using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

public sealed class OwnSchemeErrorTests
{
    private const string Remedy = " See 'Your own scheme' in docs/guide/schemes.md for the fields and their values.";

    [Theory]
    [InlineData("kind: mac", "kind: mca", "7:15: integrations.a.receive.scheme.kind: 'mca' is not one of mac, hash, ed25519, token, basic.")]
    [InlineData("kind: mac", "sort: mac", "6:9: integrations.a.receive.scheme.kind: The key is missing.|7:9: integrations.a.receive.scheme.sort: Unknown key.")]
    [InlineData("header: x-mine, ", "", "9:20: integrations.a.receive.scheme.signature.header: The key is missing.")]
    [InlineData("encoding: hex", "encoding: [hex]", "9:63: integrations.a.receive.scheme.signature.encoding: Must be a string.")]
    [InlineData("rejectStatus: 401", "rejectStatus: 99", "11:23: integrations.a.receive.scheme.rejectStatus: Must be 400 to 499.")]
    [InlineData("rejectStatus: 401", "handshakes: [x]", "11:22: integrations.a.receive.scheme.handshakes[0]: Must be an object.")]
    [InlineData("rejectStatus: 401", "\"a.b: c[0]\": 1", "11:9: integrations.a.receive.scheme.'a.b: c[0]': Unknown key.")]
    public void Errors_OwnScheme_NameTheInnerLineAndKey(string line, string instead, string expected) => Assert.Equal(
        string.Join('\n', expected.Split('|').Select(error => "carrick.yaml:" + error + Remedy)),
        Errors(Scheme().Replace(line, instead, StringComparison.Ordinal)));

    [Theory]
    [InlineData("kind: mac", "kind: \"${C}\"")]
    [InlineData("algorithm: hmac-sha256", "algorithm: \"${C}\"")]
    [InlineData("rejectStatus: 401", "integrity: \"x${C}\"")]
    [InlineData("rejectStatus: 401", "accept: [x, \"${C}\"]")]
    [InlineData("rejectStatus: 401", "urlCandidates: [\"${C}\"]")]
    [InlineData("rejectStatus: 401", "event: { id: \"${C} ' x\" }")]
    [InlineData("rejectStatus: 401", "alternatives: [{ name: \"${C}\" }, { name: \"${C}\" }]")]
    public void Errors_OwnSchemeWithVariable_DoNotShowItsValue(string line, string instead)
    {
        // A value with line breaks and a path of its own must not pass for an error of another key.
        var errors = Errors(Scheme().Replace(line, instead, StringComparison.Ordinal), ("C", "a\n$.name: canary-7f3a\n' b"));

        Assert.NotEmpty(errors);
        Assert.DoesNotContain("canary", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("error(s)", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_VariableOfOwnSchemeIsUnset_IsTheOnlyError() => Assert.Equal(
        "carrick.yaml:7:15: integrations.a.receive.scheme.kind: The environment variable NOPE is not set or empty. Set NOPE for the process that reads this file.",
        Errors(Scheme().Replace("kind: mac", "kind: \"${NOPE}\"", StringComparison.Ordinal)));

    private static string Scheme() => """
        integrations:
          a:
            receive:
              secrets: "0123456789abcdef0123"
              scheme:
                name: mine
                kind: mac
                algorithm: hmac-sha256
                signature: { header: x-mine, grammar: bare, encoding: hex }
                content: "{body}"
                rejectStatus: 401
        """;
}
