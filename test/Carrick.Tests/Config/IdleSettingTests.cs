using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

public sealed class IdleSettingTests
{
    private const string Idle = "It has no effect: neither the scheme nor 'receive' says where the ";

    [Theory]
    [InlineData("tolerance: 1m", "order: subject", "21:16", "order", "subject", "subject")]
    [InlineData("version: json.v", "order: subject", "21:16", "order", "subject", "subject")]
    [InlineData("subject: json.s", "skipLate: true", "21:19", "skipLate", "version", "version")]
    [InlineData("version: json.v", "skipLate: true", "21:19", "skipLate", "subject", "subject")]
    [InlineData("tolerance: 1m", "skipLate: true", "21:19", "skipLate", "subject and the version", "subject and version")]
    public void Errors_SettingWithoutWhatItGoesBy_NameItsKey(string receive, string deliver, string at, string key, string missing, string set) => Assert.Equal(
        $"carrick.yaml:{at}: integrations.a.deliver[0].{key}: {Idle}{missing} of an event stands. "
            + $"Set {set} of receive, such as json.data.{set.Split(' ')[0]}, or remove the key.",
        Errors(File(receive, "type: json.type", deliver)));

    [Theory]
    [InlineData("subject: json.s", "type: json.type", "order: subject")]
    [InlineData("tolerance: 1m", "subject: json.s", "order: subject")]
    [InlineData("subject: json.s, version: json.v", "type: json.type", "order: subject, skipLate: true")]
    [InlineData("version: json.v", "subject: json.s", "skipLate: true")]
    [InlineData("tolerance: 1m", "subject: json.s, version: json.v", "order: subject, skipLate: true")]
    [InlineData("tolerance: 1m", "type: json.type", "order: none, skipLate: false")]
    public void Errors_SettingWithWhatItGoesBy_AreNone(string receive, string scheme, string deliver) => Assert.Equal("", Errors(File(receive, scheme, deliver)));

    [Fact]
    public void Errors_IntegrationThatOnlyPublishes_AreNone() => Assert.Equal("", Errors(Endpoint("order: subject", "skipLate: true")));

    [Fact]
    public void Errors_SchemeThatIsNone_SayNothingOfTheOrder() =>
        Assert.DoesNotContain("no effect", Errors(File("tolerance: 1m", "type: json.type", "order: subject").Replace("mac", "nonsense", StringComparison.Ordinal)), StringComparison.Ordinal);

    /// <summary>A scheme of its own, which says where subject and version stand only if the test does.</summary>
    private static string File(string receive, string scheme, string deliver) => string.Join('\n',
        "integrations:",
        "  a:",
        "    receive:",
        "      " + receive.Replace(", ", "\n      ", StringComparison.Ordinal),
        "      secrets: \"0123456789abcdef0123\"",
        "      scheme:",
        "        name: mine",
        "        kind: mac",
        "        algorithm: hmac-sha256",
        "        signature:",
        "          header: x-mine",
        "          grammar: bare",
        "          encoding: hex",
        "        content: \"{body}\"",
        "        event:",
        "          id: json.id",
        "          " + scheme.Replace(", ", "\n          ", StringComparison.Ordinal),
        "    deliver:",
        "      - name: x",
        "        url: http://127.0.0.1/",
        "        " + deliver.Replace(", ", "\n        ", StringComparison.Ordinal));
}
