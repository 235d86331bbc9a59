using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

public sealed class ConfigErrorTests
{
    [Fact]
    public void Errors_MoreThan64JsonFields_AreToldAtTheKey() => Assert.Equal(
        "carrick.yaml:6:11: integrations.a.receive.id: Id, type, subject and version have more than 64 JSON fields together. See 'carrick schemes NAME'.",
        Errors($$"""
        integrations:
          a:
            receive:
              scheme: stripe
              secrets: ["{{Secret}}"]
              id: {{string.Join(" | ", Enumerable.Range(0, 65).Select(i => $"json.f{i}"))}}
        """));

    [Fact]
    public void Errors_ManyMistakes_AreReportedAtOnceByLine() => Assert.Equal(
        """
        carrick.yaml:4:15: integrations.billing.receive.scheme: There is no such scheme. Did you mean 'stripe'?
        carrick.yaml:5:17: integrations.billing.receive.secrets[0]: The environment variable NOPE is not set or empty. Set NOPE for the process that reads this file.
        carrick.yaml:8:14: integrations.billing.deliver[0].url: The URL is not an absolute http or https URL. Write it like https://example.com/hooks.
        carrick.yaml:9:18: integrations.billing.deliver[0].timeout: '15' is not a duration. Write it like 15s, 500ms, 2m, 1h or 7d.
        carrick.yaml:10:28: integrations.billing.deliver[0].retry.attempts: '0' is out of range. Use 1 to 1000.
        carrick.yaml:10:46: integrations.billing.deliver[0].retry.cap: The longest delay (1h) is shorter than the first (2h). Raise cap or lower base.
        carrick.yaml:10:50: integrations.billing.deliver[0].retry.jiter: Unknown key. Did you mean 'jitter'?
        carrick.yaml:11:15: integrations.billing.deliver[0].rate: '50' is not a rate. Write it like 50/s, 100/m or 1000/h, from 1 to 1000000.
        carrick.yaml:12:9: integrations.billing.deliver[1].nam: Unknown key. Did you mean 'name'?
        carrick.yaml:12:9: integrations.billing.deliver[1].name: The key is missing. Name the endpoint; the name is kept with its deliveries.
        carrick.yaml:12:9: integrations.billing.deliver[1].url: The key is missing. Add the URL that events are posted to.
        carrick.yaml:13:1: extra: Unknown key. Known keys: integrations, retention, limits.
        """,
        Errors("""
        integrations:
          billing:
            receive:
              scheme: strip
              secrets: ["${NOPE}"]
            deliver:
              - name: orders
                url: ftp://x/y
                timeout: 15
                retry: { attempts: 0, base: 2h, cap: 1h, jiter: 1 }
                rate: 50
              - nam: x
        extra: 1
        """));

    [Theory]
    [InlineData("", "carrick.yaml:1:1: The file is empty. Start with 'integrations:'.")]
    [InlineData("- a", "carrick.yaml:1:1: The file must be a mapping, not a list. Start with 'integrations:'.")]
    [InlineData("limits: {}", "carrick.yaml:1:1: integrations: The key is missing. Add 'integrations:' with a name below it, or 'integrations: {}' for none.")]
    [InlineData("integrations:", "carrick.yaml:1:14: integrations: Must be a mapping, not empty. Write one name per integration below it, or 'integrations: {}' for none.")]
    [InlineData("integrations: {}\nlimit: {}", "carrick.yaml:2:1: limit: Unknown key. Did you mean 'limits'?")]
    [InlineData("integrations: {}\nqqq: {}", "carrick.yaml:2:1: qqq: Unknown key. Known keys: integrations, retention, limits.")]
    [InlineData("integrations: {}\nintegrations: {}", "carrick.yaml:2:1: integrations: The key stands twice; the first is on line 1. Keep one of them.")]
    [InlineData("integrations:\n\ta: {}", "carrick.yaml:2:1: A tab indents this line. Indent with spaces.")]
    [InlineData("integrations: {}\n---\nintegrations: {}", "carrick.yaml:2:1: The file has a second document. Keep one document; remove the '---'.")]
    [InlineData("integrations: &a {}", "carrick.yaml:1:15: Anchors and aliases are not supported. Write the value out.")]
    [InlineData("integrations: !!map {}", "carrick.yaml:1:15: Tags are not supported. Remove the '!' and the word behind it.")]
    [InlineData("integrations: { [a]: {} }", "carrick.yaml:1:15: A key is a list or a mapping. Use a plain name as the key.")]
    [InlineData("integrations: { A: { deliver: [] } }", "carrick.yaml:1:17: integrations.A: 'A' cannot name an integration. Use 1 to 64 of a-z, 0-9 and '-'.")]
    [InlineData("integrations: { a: {} }", "carrick.yaml:1:17: integrations.a: The integration does nothing. Add 'receive:', 'deliver:' or both.")]
    [InlineData("integrations: { a: { deliver: x } }", "carrick.yaml:1:31: integrations.a.deliver: Must be a list, not a single value. Start each endpoint with '- name:'.")]
    [InlineData("integrations: {}\nretention: { events: 60d }", "carrick.yaml:2:12: retention: Message ids would be forgotten before their events. Set messageIds to 60d or more.")]
    [InlineData("integrations: {}\nretention: { messageIds: 95h }", "carrick.yaml:2:26: retention.messageIds: '95h' is out of range. Use 4d to 3650d.")]
    [InlineData("integrations: {}\nretention: { events: 1h, messageIds: 3d }", "carrick.yaml:2:38: retention.messageIds: '3d' is out of range. Use 4d to 3650d.")]
    [InlineData("integrations: {}\nretention: { events: 5d, messageIds: 4d }", "carrick.yaml:2:38: retention.messageIds: Message ids would be forgotten before their events. Set messageIds to 5d or more.")]
    [InlineData("integrations: {}\nretention: { events: 59m, messageIds: 4d }", "carrick.yaml:2:22: retention.events: '59m' is out of range. Use 1h to 3650d.")]
    [InlineData("integrations: {}\nlimits: { bodyBuffer: 5GiB }", "carrick.yaml:2:23: limits.bodyBuffer: '5GiB' is out of range. Use 0 to 4GiB.")]
    [InlineData("integrations: { a: { receive: { scheme: github, secrets: secret-of-tests, sameBody: drop } } }", "carrick.yaml:1:85: integrations.a.receive.sameBody: 'drop' is not known. Use accept or refuse.")]
    public void Errors_WholeFile_NameLineColumnKeyAndRemedy(string yaml, string expected) => Assert.Equal(expected, Errors(yaml));

    [Theory]
    [InlineData("timeout: [1s]", "6:18: integrations.a.deliver[0].timeout: Must be a single value, not a list. Write a value behind the colon.")]
    [InlineData("timeout:", "6:17: integrations.a.deliver[0].timeout: The value is empty. Write a value behind the colon.")]
    [InlineData("timeout: 11m", "6:18: integrations.a.deliver[0].timeout: '11m' is out of range. Use 100ms to 10m.")]
    [InlineData("types: []", "6:16: integrations.a.deliver[0].types: The list is empty. Add an item or remove the key.")]
    [InlineData("types: [\"a*b\"]", "6:17: integrations.a.deliver[0].types[0]: The text is not an event type pattern. Use a type, a prefix with '*' at the end, or '*'; at most 255 characters.")]
    [InlineData("types: \"a\\r\\nb\"", "6:16: integrations.a.deliver[0].types: The text is not an event type pattern. Use a type, a prefix with '*' at the end, or '*'; at most 255 characters.")]
    [InlineData("order: type", "6:16: integrations.a.deliver[0].order: 'type' is not known. Use subject or none.")]
    [InlineData("skipLate: yes", "6:19: integrations.a.deliver[0].skipLate: 'yes' is not known. Use true or false.")]
    [InlineData("onOrderedFailure: block", "6:27: integrations.a.deliver[0].onOrderedFailure: It has no effect without an order. Add 'order: subject' or remove the key.")]
    [InlineData("concurrency: 1.5", "6:22: integrations.a.deliver[0].concurrency: '1.5' is not a whole number. Write it like 8.")]
    [InlineData("retry: { factor: 11 }", "6:26: integrations.a.deliver[0].retry.factor: '11' is out of range. Use 1 to 10.")]
    [InlineData("retry: { factor: .nan }", "6:26: integrations.a.deliver[0].retry.factor: '.nan' is not a number. Write it like 0.2.")]
    [InlineData("retry: x", "6:16: integrations.a.deliver[0].retry: Must be a mapping, not a single value. Known keys: attempts, base, factor, cap, jitter, statuses.")]
    [InlineData("retry: { statuses: [404, 410] }", "6:34: integrations.a.deliver[0].retry.statuses[1]: '410' is not an answer that may be called transient. Use 400 to 499, but not 410, which disables the endpoint, and not 429, which throttles it.")]
    [InlineData("retry: { statuses: 429 }", "6:28: integrations.a.deliver[0].retry.statuses: '429' is not an answer that may be called transient. Use 400 to 499, but not 410, which disables the endpoint, and not 429, which throttles it.")]
    [InlineData("retry: { statuses: 500 }", "6:28: integrations.a.deliver[0].retry.statuses: '500' is not an answer that may be called transient. Use 400 to 499, but not 410, which disables the endpoint, and not 429, which throttles it.")]
    [InlineData("retry: { statuses: [4xx] }", "6:29: integrations.a.deliver[0].retry.statuses[0]: '4xx' is not an answer that may be called transient. Use 400 to 499, but not 410, which disables the endpoint, and not 429, which throttles it.")]
    [InlineData("retry: { statuses: [] }", "6:28: integrations.a.deliver[0].retry.statuses: The list is empty. Add an item or remove the key.")]
    [InlineData("headers: { X-A: \"a\\r\\nb\" }", "6:25: integrations.a.deliver[0].headers.X-A: The header's value is not visible ASCII, or longer than 4096 characters. Remove line breaks and special characters.")]
    [InlineData("headers: { \"X\\r\\nY\": b }", "6:30: integrations.a.deliver[0].headers.'X??Y': The name is not a header name (RFC 9110 token). Use another header.")]
    [InlineData("headers: { x-a: b, X-A: c }", "6:33: integrations.a.deliver[0].headers.X-A: The header stands twice in other letter case. Keep one of them.")]
    [InlineData("headers: { webhook-id: b }", "6:32: integrations.a.deliver[0].headers.webhook-id: 'webhook-id' is set by Carrick. Use another header.")]
    [InlineData("signing: {}", "6:18: integrations.a.deliver[0].signing: There is no secret. Add 'secret:'.")]
    [InlineData("timeout: \"${A\"", "6:18: integrations.a.deliver[0].timeout: A variable is not closed. Write it as ${NAME}, or $${ for the two characters.")]
    [InlineData("timeout: \"${1A}\"", "6:18: integrations.a.deliver[0].timeout: A variable's name is not valid. Use A-Z, a-z, 0-9 and _, not starting with a digit: ${NAME}.")]
    public void Errors_Endpoint_NameLineColumnKeyAndRemedy(string line, string expected) =>
        Assert.Equal("carrick.yaml:" + expected, Errors(Endpoint(line)));

    [Fact]
    public void Errors_PeriodsFromVariables_AreComparedWithoutShowingThem() => Assert.Equal(
        """
        carrick.yaml:6:40: integrations.a.deliver[0].retry.cap: The longest delay is shorter than the first. Raise cap or lower base.
        carrick.yaml:7:12: retention: Message ids would be forgotten before their events. Set messageIds to as long as events or more.
        """,
        Errors(Endpoint("retry: { base: \"${BASE}\", cap: 1h }") + "retention: { events: \"${EVENTS}\" }", ("BASE", "7h"), ("EVENTS", "77d")));

    [Fact]
    public void Errors_TwoEndpointsWithOneName_NameTheSecond() => Assert.Equal(
        "carrick.yaml:7:9: integrations.a.deliver[1]: Another endpoint is named 'a/x'. Give each its own name.",
        Errors(Endpoint() + "\n      - { name: x, url: \"http://127.0.0.1/\" }"));

    [Fact]
    public void Errors_ValueOfVariableIsWrong_ShowTheVariableAndNotItsValue()
    {
        const string Canary = "canary-7f3a";
        var yaml = Endpoint("timeout: \"${C}\"", "rate: \"${C}\"", "order: \"${C}\"", "types: \"${C}*x\"", "retry: { statuses: \"${C}\" }", "signing: { secret: \"${C}\" }", "headers: { X-A: \"${C}\\n\" }")
            .Replace("http://127.0.0.1/", "\"${C}\"", StringComparison.Ordinal)
            + "  b:\n    receive: { scheme: \"${C}\", secrets: \"${C}\", id: \"${C} ' x\", accept: \"${C}\", publicUrl: \"${C}\", maxBody: \"${C}\" }\n"
            + "  c:\n    receive: { scheme: stripe, secrets: \"${C}\", id: \"${C} ' x\", accept: \"${C}\" }\n"
            + "  d:\n    receive: { scheme: stripe, secrets: [\"${C}\"], accept: [default, \"${C}\"] }\n"
            + "    deliver: [{ name: \"${C}\", url: \"http://127.0.0.1/\" }, { name: \"${C}\", url: \"http://127.0.0.1/\" }]\n";

        var errors = Errors(yaml, ("C", Canary));

        Assert.Contains("'${C}' is not a duration", errors, StringComparison.Ordinal);
        Assert.Contains("integrations.d.deliver[1]: Another endpoint has the same name.", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, errors, StringComparison.Ordinal);
    }
}
