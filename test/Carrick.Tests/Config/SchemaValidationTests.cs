using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Carrick.Server.Config;
using Carrick.Signatures;
using Carrick.Tests.Structure;
using Json.Schema;
using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

/// <summary>What an editor says of a file by the published schema is what the parser says.</summary>
public sealed class SchemaValidationTests
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(ConfigSchema.Text);

    /// <summary>Every configuration that the guide shows.</summary>
    public static TheoryData<string> Documented =>
    [
        .. Repository.Files("docs/guide", "*.md")
            .SelectMany(page => Regex.Matches(Repository.Read(page), "```yaml\n(integrations:.*?)```", RegexOptions.Singleline))
            .Select(match => match.Groups[1].Value),
    ];

    public static TheoryData<string> BuiltIn => [.. WebhookScheme.All.Select(scheme => scheme.Name)];

    [Theory]
    [MemberData(nameof(Documented))]
    public void Schema_FileOfTheGuide_IsValidAsTheParserSays(string yaml)
    {
        Assert.Empty(Parse(yaml, ("STRIPE_WEBHOOK_SECRET", Secret), ("ORDERS_SIGNING_SECRET", Secret), ("ACME_SECRET", "0123456789abcdef0123"), ("GITHUB_SECRET", Secret), ("NEW", Secret), ("OLD", Secret)).Errors);
        Assert.True(IsValid(yaml), yaml);
    }

    [Fact]
    public void Schema_Guide_HasConfigurations() => Assert.InRange(Documented.Count, 4, 100);

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void Schema_BuiltInSchemeAsAMapping_IsValid(string name)
    {
        using var stream = typeof(WebhookScheme).Assembly.GetManifestResourceStream(
            typeof(WebhookScheme).Assembly.GetManifestResourceNames().Single(resource => resource.EndsWith($"{name}.json", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(stream);

        Assert.True(IsValid($"integrations: {{ a: {{ receive: {{ secrets: x, scheme: {reader.ReadToEnd()} }} }} }}"), name);
    }

    [Theory]
    [InlineData("timeout: \"${A}s\"")]
    [InlineData("order: \"${A}\"")]
    [InlineData("concurrency: \"8\"")]
    [InlineData("retry: { attempts: 3, factor: 1.5, jitter: \"0.2\", base: \"${A}\" }")]
    [InlineData("rate: \"${A}/s\"")]
    [InlineData("headers: { X-A: 1, X-B: true, X-C: c }")]
    [InlineData("types: \"a.*\"")]
    public void Schema_EndpointThatTheParserTakes_IsValid(string line)
    {
        Assert.Empty(Parse(Endpoint(line), ("A", line.StartsWith("order", StringComparison.Ordinal) ? "subject" : line.StartsWith("retry", StringComparison.Ordinal) ? "1s" : "7")).Errors);
        Assert.True(IsValid(Endpoint(line)));
    }

    [Theory]
    [InlineData("timeout: 15")]
    [InlineData("timeout: [1s]")]
    [InlineData("types: []")]
    [InlineData("order: type")]
    [InlineData("onOrderedFailure: stop")]
    [InlineData("concurrency: 0")]
    [InlineData("concurrency: many")]
    [InlineData("concurrency: 1.5")]
    [InlineData("retry: { attempts: 0 }")]
    [InlineData("retry: { factor: x }")]
    [InlineData("retry: { tries: 1 }")]
    [InlineData("rate: 50")]
    [InlineData("signing: {}")]
    [InlineData("signing: { secret: a, secrets: [b] }")]
    [InlineData("headers: [a]")]
    [InlineData("colour: red")]
    public void Schema_EndpointThatTheParserRefuses_IsNotValid(string line)
    {
        Assert.NotEmpty(Parse(Endpoint(line)).Errors);
        Assert.False(IsValid(Endpoint(line)));
    }

    [Theory]
    [InlineData("limits: {}")]
    [InlineData("integrations: []")]
    [InlineData("integrations: { A: { deliver: [] } }")]
    [InlineData("integrations: { a: {} }")]
    [InlineData("integrations: { a: { receive: { scheme: stripe } } }")]
    [InlineData("integrations: { a: { receive: { secrets: x } } }")]
    [InlineData("integrations: { a: { receive: { scheme: stripe, secrets: [] } } }")]
    [InlineData("integrations: { a: { receive: { scheme: stripe, secrets: x, maxBody: 1MB } } }")]
    [InlineData("integrations: { a: { deliver: [{ name: x }] } }")]
    [InlineData("integrations: { a: { deliver: [{ url: \"http://127.0.0.1/\" }] } }")]
    [InlineData("integrations: { a: { deliver: [{ name: x, url: \"ftp://127.0.0.1/\" }] } }")]
    [InlineData("integrations: { a: { deliver: [{ name: x, url: \"http://u@127.0.0.1/\" }] } }")]
    [InlineData("integrations: {}\nretention: { events: 30 }")]
    [InlineData("integrations: {}\nlimits: { writeQueue: 1 }")]
    [InlineData("integrations: {}\nlimits: { bodyBuffer: -1 }")]
    public void Schema_FileThatTheParserRefuses_IsNotValid(string yaml)
    {
        Assert.NotEmpty(Parse(yaml).Errors);
        Assert.False(IsValid(yaml));
    }

    [Theory]
    [InlineData("kind: mac", "kind: mca")]
    [InlineData("kind: mac, ", "")]
    [InlineData("algorithm: hmac-sha256, ", "")]
    [InlineData("name: m, ", "")]
    [InlineData("signature: { header: x }, ", "")]
    [InlineData("{ header: x }", "{ header: x, colour: red }")]
    [InlineData("{ header: x }", "{ encoding: hex }")]
    [InlineData("content: \"{body}\"", "colour: red")]
    [InlineData("content: \"{body}\"", "content: \"{body}\", rejectStatus: 500")]
    [InlineData("content: \"{body}\"", "content: \"{body}\", event: { kind: x }")]
    [InlineData("content: \"{body}\"", "content: \"{body}\", timestamp: { source: header.t }")]
    [InlineData("kind: mac, algorithm: hmac-sha256, signature: { header: x }, content: \"{body}\"", "alternatives: []")]
    [InlineData("kind: mac, algorithm: hmac-sha256, signature: { header: x }, content: \"{body}\"", "alternatives: [{ kind: token, signature: { header: x } }]")]
    public void Schema_SchemeThatTheParserRefuses_IsNotValid(string part, string instead)
    {
        const string Good = "integrations: { a: { receive: { secrets: 0123456789abcdef0123, scheme: { name: m, kind: mac, algorithm: hmac-sha256, signature: { header: x }, content: \"{body}\" } } } }";
        Assert.Empty(Parse(Good).Errors);
        Assert.True(IsValid(Good));

        var bad = Good.Replace(part, instead, StringComparison.Ordinal);

        Assert.NotEmpty(Parse(bad).Errors);
        Assert.False(IsValid(bad));
    }

    // As an editor reads the file: with the names of variables, not their values.
    private static bool IsValid(string yaml)
    {
        var context = new ConfigContext("carrick.yaml", name => $"${{{name}}}");
        var json = ConfigJson.Convert(ConfigReader.Read(Encoding.UTF8.GetBytes(yaml), context)!, context)!;
        Assert.Empty(context.Errors);
        return Schema.Evaluate(JsonDocument.Parse(json.ToJsonString()).RootElement).IsValid;
    }
}
