using System.Text.Json;
using Carrick.Server.Cli;
using Carrick.Server.Config;
using Carrick.Signatures;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class LocalCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-cli");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Validate_GoodFile_SaysWhatIsInIt()
    {
        var run = await RunAsync("validate", Write("integrations: { a: { deliver: [{ name: x, url: \"http://127.0.0.1/\" }] } }"));

        Assert.Equal((ExitCodes.Ok, "valid: 1 integration, 1 endpoint", ""), (run.ExitCode, run.Output.Trim(), run.Error));
    }

    [Fact]
    public async Task Validate_BadFile_ShowsEveryError()
    {
        var file = Write("integrations: {}\nx: 1\ny: 2");

        var run = await RunAsync("validate", file);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Equal(2, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.StartsWith(file, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Validate_BadFileAsJson_HasLineAndKey()
    {
        var run = await RunAsync("validate", Write("integrations: {}\nx: 1"), "--output", "json");

        var error = JsonDocument.Parse(run.Output).RootElement.GetProperty("errors")[0];
        Assert.Equal((ExitCodes.Usage, 2, "x"), (run.ExitCode, error.GetProperty("line").GetInt32(), error.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task Validate_NoFile_SaysSo()
    {
        var run = await RunAsync("validate", Path.Combine(_directory.FullName, "none.yaml"));

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("does not exist", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_GoodFile_SendsItsBytes()
    {
        const string Yaml = "integrations: {}  # é ${NAME}";
        await using var server = await FakeServer.StartAsync();
        server.On("PUT /v1/config", """{"applied":true}""");

        var run = await CliRun.ExecuteAsync(server, "apply", "-f", Write(Yaml), "--dry-run");

        var asked = Assert.Single(server.Requests);
        Assert.Equal((ExitCodes.Ok, Yaml, "application/yaml"), (run.ExitCode, asked.Body, asked.Headers["Content-Type"]));
        Assert.Contains("dryRun=true", asked.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_ServerFindsErrors_ShowsThem()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("PUT /v1/config", """{"detail":"The configuration is not valid.","errors":[{"text":"c.yaml:2:1: x: Unknown key."}]}""", 400);

        var run = await CliRun.ExecuteAsync(server, "apply", "-f", Write("x: 1"));

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("c.yaml:2:1: x: Unknown key.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schema_Always_PrintsTheSchema() => Assert.Equal(ConfigSchema.Text, (await RunAsync("schema")).Output);

    [Fact]
    public async Task Schemes_Always_ListsAndDescribesEveryOne()
    {
        var list = await RunAsync("schemes");

        foreach (var scheme in WebhookScheme.All)
        {
            Assert.Contains(scheme.Name, list.Output, StringComparison.Ordinal);
            Assert.True(SchemeGuide.Has(scheme.Name), $"{scheme.Name} has no guide.");
            var one = await RunAsync("schemes", scheme.Name, "--output", "json");
            Assert.Equal(scheme.Name, JsonDocument.Parse(one.Output).RootElement.GetProperty("name").GetString());
        }
    }

    [Fact]
    public async Task Schemes_UnknownName_SuggestsOne()
    {
        var run = await RunAsync("schemes", "strpie");

        Assert.Equal(ExitCodes.NotFound, run.ExitCode);
        Assert.Contains("Did you mean 'stripe'?", run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string> SchemeNames => [.. WebhookScheme.All.Select(scheme => scheme.Name)];

    [Theory]
    [MemberData(nameof(SchemeNames))]
    public async Task Send_EveryScheme_PostsASignedSample(string scheme)
    {
        await using var server = await FakeServer.StartAsync();
        server.On("POST /webhooks/a", """{"id":"evt_1","duplicate":false}""");

        var run = await CliRun.ExecuteAsync(server, "send", scheme, "--to", server.Url + "/webhooks/a", "--secret-env", scheme == "basic" ? "BASIC" : "SECRET", "--count", "2");

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(2, server.Requests.Select(asked => asked.Body + string.Concat(asked.Headers.Values)).Distinct().Count());
        Assert.All(server.Requests, asked => Assert.DoesNotContain('{' + "id}", asked.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Send_Refused_ExitsWithFailure()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("POST /webhooks/a", """{"title":"no"}""", 400);

        var run = await CliRun.ExecuteAsync(server, "send", "stripe", "--to", server.Url + "/webhooks/a", "--secret-env", "SECRET", "--output", "json");

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        Assert.Equal(400, JsonDocument.Parse(run.Output).RootElement.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret-env SECRET", ExitCodes.Unreachable)]
    [InlineData("send stripe --to http://127.0.0.1:1/", ExitCodes.Usage)]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret-env NOPE", ExitCodes.Usage)]
    [InlineData("send strip --to http://127.0.0.1:1/ --secret-env SECRET", ExitCodes.Usage)]
    [InlineData("send stripe --to file:///etc/passwd --secret-env SECRET", ExitCodes.Usage)]
    [InlineData("send --to http://127.0.0.1:1/ --secret-env SECRET", ExitCodes.Usage)]
    [InlineData("send stripe --scheme-file x.yaml --to http://127.0.0.1:1/ --secret-env SECRET", ExitCodes.Usage)]
    [InlineData("send --scheme-file nowhere.yaml --to http://127.0.0.1:1/ --secret-env SECRET", ExitCodes.Usage)]
    [InlineData("send hubspot --alternative v4 --to http://127.0.0.1:1/ --secret-env SECRET", ExitCodes.Usage)]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret-env SECRET --count 0", ExitCodes.Usage)]
    public async Task Send_CannotSend_SaysWhyWithoutTheSecret(string args, int exitCode)
    {
        var run = await RunAsync(args.Split(' '));

        Assert.Equal(exitCode, run.ExitCode);
        Assert.DoesNotContain("whsec_MDEy", run.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"data":[{"name":"a/x","enabled":true,"depth":{"dead":0}}]}""", ExitCodes.Ok, "all enabled")]
    [InlineData("""{"data":[{"name":"a/x","enabled":false,"disabledReason":"410","depth":{"dead":0}}]}""", ExitCodes.Failure, "carrick endpoints enable a/x")]
    [InlineData("""{"data":[{"name":"a/x","enabled":true,"gateUntil":"2999-01-01T00:00:00Z","depth":{"dead":0}}]}""", ExitCodes.Failure, "2999-01-01")]
    public async Task Doctor_Endpoints_TellsWhatToDo(string endpoints, int exitCode, string shown)
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /health/live", "{}").On("GET /health/ready", "{}").On("GET /v1/endpoints", endpoints)
            .On("GET /v1/integrations", """{"data":[]}""").On("GET /v1/diagnostics", """{"unknownConsumers":[]}""");

        var run = await CliRun.ExecuteAsync(server, "doctor", "--data", Path.Combine(_directory.FullName, "none"));

        Assert.True(run.ExitCode == exitCode, run.ToString());
        Assert.Contains(shown, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_DeadLettersOfHandlersAndEndpoints_NamesBoth()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /health/live", "{}").On("GET /health/ready", "{}").On("GET /v1/endpoints", """{"data":[]}""").On("GET /v1/diagnostics", """{"unknownConsumers":[]}""")
            .On("GET /v1/integrations", """{"data":[{"name":"a","consumers":[{"name":"a/book","kind":"handler","depth":{"dead":3}},{"name":"a/x","kind":"endpoint","depth":{"dead":4}},{"name":"a/y","kind":"endpoint","depth":{"dead":0}}]}]}""");

        var run = await CliRun.ExecuteAsync(server, "doctor", "--data", Path.Combine(_directory.FullName, "none"), "--output", "json");

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        var failed = JsonDocument.Parse(run.Output).RootElement.GetProperty("checks").EnumerateArray()
            .Where(check => check.GetProperty("outcome").GetString() == "fail")
            .Select(check => (check.GetProperty("name").GetString(), check.GetProperty("detail").GetString(), check.GetProperty("remedy").GetString()));
        Assert.Equal(
            [
                ("handler a/book", "3 dead letters", "See 'carrick dead-letters list --consumer a/book'; replay or discard them."),
                ("endpoint a/x", "4 dead letters", "See 'carrick dead-letters list --consumer a/x'; replay or discard them."),
            ],
            failed);
    }

    [Fact]
    public async Task Doctor_ServerDownAndConfigurationBad_FailsBoth()
    {
        var run = await CliRun.ExecuteAsync("http://127.0.0.1:1", null, ["doctor", "--config", Write("x: 1"), "--data", _directory.FullName, "--output", "json"]);

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        var failed = JsonDocument.Parse(run.Output).RootElement.GetProperty("checks").EnumerateArray()
            .Where(check => check.GetProperty("outcome").GetString() == "fail").Select(check => check.GetProperty("name").GetString());
        Assert.Equal(["configuration", "server"], failed);
    }

    [Fact]
    public async Task Doctor_UnknownConsumersWithWork_NamesThem()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /health/live", "{}").On("GET /health/ready", """{"status":"degraded","problem":"disk full"}""", 503)
            .On("GET /v1/endpoints", """{"data":[]}""").On("GET /v1/integrations", """{"data":[]}""").On("GET /v1/diagnostics", """{"unknownConsumers":[{"name":"old/x","outstanding":7}]}""");

        var run = await CliRun.ExecuteAsync(server, "doctor", "--data", Path.Combine(_directory.FullName, "none"));

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        Assert.Contains("old/x (7)", run.Output, StringComparison.Ordinal);
        Assert.Contains("disk full", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_NewDirectory_MakesItForItsOwnerOnlyAndTwiceIsFine()
    {
        var data = Path.Combine(_directory.FullName, "data");

        var first = await RunAsync("migrate", "--data", data);
        var second = await RunAsync("migrate", "--data", data);

        Assert.StartsWith("Ran ", first.Output, StringComparison.Ordinal);
        Assert.Equal("The schema is up to date.", second.Output.Trim());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        }
    }

    [Fact]
    public async Task Help_EveryCommand_HasExamplesAndTellsOfThem()
    {
        var app = new CliApp(CliHost.ForProcess());

        Assert.Empty(app.CommandsWithoutExamples);
        Assert.Contains("Examples:", (await RunAsync("events", "list", "--help")).Output, StringComparison.Ordinal);
    }

    private static Task<CliRun> RunAsync(params string[] args) => CliRun.ExecuteAsync("http://127.0.0.1:1", CliRun.Key, args);

    private string Write(string yaml)
    {
        var file = Path.Combine(_directory.FullName, "carrick.yaml");
        File.WriteAllText(file, yaml);
        return file;
    }
}
