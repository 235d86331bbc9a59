using System.Text.Json;
using Carrick.Server.Cli;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class CliCommandTests
{
    private const string Empty = """{"data":[],"nextCursor":null}""";

    /// <summary>The arguments, the request they lead to, an answer, and what the table then shows.</summary>
    public static TheoryData<string, string, string, string> Commands => new()
    {
        { "events list --type a.b --limit 3", "GET /v1/events?limit=3&type=a.b", """{"data":[{"id":"evt_1","type":"a.b","integration":"x","size":3}],"nextCursor":null}""", "evt_1" },
        { "events show evt_1", "GET /v1/events/evt_1", """{"id":"evt_1","deliveries":[{"id":"dlv_1","state":"dead"}]}""", "dlv_1" },
        { "deliveries list --state retrying --consumer x/y", "GET /v1/deliveries?limit=50&state=retrying&consumer=x%2Fy", """{"data":[{"id":"dlv_1","state":"retrying","attemptCount":7}],"nextCursor":null}""", "7" },
        { "deliveries show dlv_1", "GET /v1/deliveries/dlv_1", """{"id":"dlv_1","attempts":[{"number":1,"error":"refused"}]}""", "refused" },
        { "deliveries retry dlv_1 --reason mended", "POST /v1/deliveries/dlv_1/retry", """{"id":"dlv_2"}""", "dlv_2" },
        { "deliveries discard dlv_1", "POST /v1/deliveries/dlv_1/discard", "", "The delivery is discarded." },
        { "dead-letters list --category gone", "GET /v1/dead-letters?limit=50&category=gone", """{"data":[{"id":"dlv_1","category":"gone"}],"nextCursor":null}""", "gone" },
        { "dead-letters replay --consumer x/y --rate 50", "POST /v1/dead-letters/replay", """{"id":"rpl_1","state":"running"}""", "rpl_1" },
        { "dead-letters discard --id dlv_1", "POST /v1/dead-letters/discard", """{"dryRun":false,"count":1,"remaining":0}""", "count" },
        { "endpoints list", "GET /v1/endpoints", """{"data":[{"name":"x/y","enabled":false,"depth":{"dead":9}}],"nextCursor":null}""", "no" },
        { "endpoints list --integration x", "GET /v1/endpoints?integration=x", """{"data":[{"name":"x/y","enabled":true,"depth":{"ready":0,"delayed":0,"dead":0},"running":61}],"nextCursor":null}""", "61" },
        { "endpoints enable x/y", "POST /v1/endpoints/x/y/enable", """{"name":"x/y","enabled":true}""", "yes" },
        { "endpoints disable x/y", "POST /v1/endpoints/x/y/disable", "", "its deliveries wait" },
        { "replays list", "GET /v1/replays?limit=50", """{"data":[{"id":"rpl_1","replayed":4}],"nextCursor":null}""", "rpl_1" },
        { "replays show rpl_1", "GET /v1/replays/rpl_1", """{"id":"rpl_1","replayed":4}""", "4" },
        { "replays cancel rpl_1", "POST /v1/replays/rpl_1/cancel", """{"id":"rpl_1","state":"cancelled"}""", "cancelled" },
        { "keys create robots --scope operate", "POST /v1/keys", """{"id":"key_1","key":"ck_NEW"}""", "ck_NEW" },
        { "nodes", "GET /v1/nodes", """{"data":[{"id":7,"name":"a/1","shards":"0-31"}],"nextCursor":null}""", "0-31" },
        { "keys list", "GET /v1/keys", """{"data":[{"id":"key_1","scopes":["read","admin"]}],"nextCursor":null}""", "read, admin" },
        { "keys revoke key_1", "DELETE /v1/keys/key_1", "", "The key is revoked." },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_ServerAnswers_PrintsTheResult(string args, string request, string answer, string shown)
    {
        await using var server = await FakeServer.StartAsync();
        server.On(Path(request), answer, answer.Length == 0 ? 204 : 200);

        var run = await CliRun.ExecuteAsync(server, args.Split(' '));

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.Contains(shown, run.Output, StringComparison.Ordinal);
        var asked = Assert.Single(server.Requests);
        Assert.Equal((request, $"Bearer {CliRun.Key}"), (asked.Request + asked.Query, asked.Authorization));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_OutputJson_PrintsTheAnswerAsJson(string args, string request, string answer, string shown)
    {
        await using var server = await FakeServer.StartAsync();
        server.On(Path(request), answer, answer.Length == 0 ? 204 : 200);

        var run = await CliRun.ExecuteAsync(server, [.. args.Split(' '), "--output", "json"]);

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        if (answer.Length == 0)
        {
            Assert.Equal("", run.Output);
        }
        else
        {
            Assert.Equal(Normal(answer), Normal(run.Output));
            Assert.NotEmpty(shown);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_KeyIsRefused_NamesTheVariable(string args, string request, string answer, string shown)
    {
        await using var server = await FakeServer.StartAsync();
        server.On(Path(request), """{"title":"A valid API key is required.","status":401,"code":"key_required"}""", 401);

        var run = await CliRun.ExecuteAsync(server, args.Split(' '));

        Assert.Equal((ExitCodes.NotAuthorised, ""), (run.ExitCode, run.Output));
        Assert.Contains("CARRICK_API_KEY", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(CliRun.Key, run.Error, StringComparison.Ordinal);
        Assert.NotEqual(answer, shown);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_NothingThere_SaysSo(string args, string request, string answer, string shown)
    {
        await using var server = await FakeServer.StartAsync();
        server.On(Path(request), """{"title":"There is no such thing here.","detail":"'it' is unknown.","status":404}""", 404);

        var run = await CliRun.ExecuteAsync(server, args.Split(' '));

        Assert.Equal((ExitCodes.NotFound, "error: 'it' is unknown."), (run.ExitCode, run.Error.Trim()));
        Assert.NotEqual(answer, shown);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_ServerIsDown_NamesItAndTheRemedy(string args, string request, string answer, string shown)
    {
        var run = await CliRun.ExecuteAsync("http://127.0.0.1:1", CliRun.Key, args.Split(' '));

        Assert.Equal(ExitCodes.Unreachable, run.ExitCode);
        Assert.Contains("http://127.0.0.1:1", run.Error, StringComparison.Ordinal);
        Assert.Contains("carrick serve", run.Error, StringComparison.Ordinal);
        Assert.NotEqual((request, answer), (answer, shown));
    }

    [Fact]
    public async Task List_ManyPages_FollowsTheCursorUpToTheLimit()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", call => new FakeServer.Answer(200, $$"""{"data":[{"id":"evt_{{call}}"}],"nextCursor":"c{{call}}+/"}"""));

        var run = await CliRun.ExecuteAsync(server, "events", "list", "--limit", "3", "--output", "json");

        Assert.Equal(["?limit=3", "?limit=2&cursor=c0%2B%2F", "?limit=1&cursor=c1%2B%2F"], server.Requests.Select(asked => asked.Query));
        Assert.Equal(3, JsonDocument.Parse(run.Output).RootElement.GetProperty("data").GetArrayLength());
        Assert.Equal("c2+/", JsonDocument.Parse(run.Output).RootElement.GetProperty("nextCursor").GetString());
    }

    [Fact]
    public async Task List_EmptyPageWithACursor_FollowsIt()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/deliveries", call => new FakeServer.Answer(200, call < 2
            ? $$"""{"data":[],"nextCursor":"c{{call}}"}"""
            : """{"data":[{"id":"dlv_1","state":"running"}],"nextCursor":null}"""));

        var run = await CliRun.ExecuteAsync(server, "deliveries", "list", "--state", "running");

        Assert.Contains("dlv_1", run.Output, StringComparison.Ordinal);
        Assert.Equal(["", "&cursor=c0", "&cursor=c1"], server.Requests.Select(asked => asked.Query.Replace("?limit=50&state=running", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task List_Nothing_SaysNone()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", Empty);

        Assert.Equal("none", (await CliRun.ExecuteAsync(server, "events", "list")).Output.Trim());
    }

    [Fact]
    public async Task Payload_Redirected_WritesTheExactBytes()
    {
        byte[] body = [0, 0xFF, 0x1B, (byte)'[', 13, 10];
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events/evt_1/payload", _ => new FakeServer.Answer(200, "") { Body = body });

        Assert.Equal(body, (await CliRun.ExecuteAsync(server, "events", "payload", "evt_1")).Raw);
    }

    [Fact]
    public async Task Payload_OnATerminal_IsCleaned()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events/evt_1/payload", _ => new FakeServer.Answer(200, "") { Body = "a\e[2Jb\nc"u8.ToArray() });

        var run = await CliRun.ExecuteAsync(server.Url, CliRun.Key, ["events", "payload", "evt_1"], terminal: true);

        Assert.Equal("a[2Jb\nc", run.Output.TrimEnd());
        Assert.Empty(run.Raw);
    }

    [Fact]
    public async Task Tail_NewEvents_PrintsEachOnceOldestFirst()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", call => new FakeServer.Answer(200, call switch
        {
            0 => """{"data":[{"id":"evt_1","receivedAt":"2026-02-01T12:00:00.5Z"}],"nextCursor":"x"}""",
            1 => """{"data":[{"id":"evt_3"},{"id":"evt_2"},{"id":"evt_1"}],"nextCursor":"x"}""",
            _ => """{"data":[{"id":"evt_4"},{"id":"evt_3"}],"nextCursor":"x"}""",
        }));

        var run = await CliRun.ExecuteAsync(server, "events", "tail", "--count", "3", "--output", "json");

        Assert.Equal(["""{"id":"evt_2"}""", """{"id":"evt_3"}""", """{"id":"evt_4"}"""], run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Equal(["?limit=1", "?limit=100&from=2026-02-01T11:59:00Z", "?limit=100&from=2026-02-01T11:59:00Z"], server.Requests.Select(asked => asked.Query));
    }

    [Fact]
    public async Task Tail_OfWhatIsRare_ShowsNothingOld()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", call => new FakeServer.Answer(200, call switch
        {
            0 => """{"data":[{"id":"evt_5","type":"common"}],"nextCursor":"x"}""",
            1 => """{"data":[],"nextCursor":"c","searchedTo":"2026-01-01T00:00:00Z"}""",
            2 => """{"data":[{"id":"evt_3","type":"rare"}],"nextCursor":null}""",
            _ => """{"data":[{"id":"evt_7","type":"rare"},{"id":"evt_3","type":"rare"}],"nextCursor":null}""",
        }));

        var run = await CliRun.ExecuteAsync(server, "events", "tail", "--type", "rare", "--count", "1", "--output", "json");

        Assert.Equal("""{"id":"evt_7","type":"rare"}""", run.Output.Trim());
    }

    [Fact]
    public async Task List_OfASearchThatTakesLong_TellsATerminalHowFarItIs()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", call => new FakeServer.Answer(200, call == 0
            ? """{"data":[],"nextCursor":"c","searchedTo":"2026-01-01T00:00:00Z"}"""
            : """{"data":[{"id":"evt_1"}],"nextCursor":null}"""));

        var run = await CliRun.ExecuteAsync(server.Url, CliRun.Key, ["events", "list", "--type", "rare"], terminal: true);

        Assert.Contains("Searched back to 2026-01-01T00:00:00Z, 0 found so far ...", run.Error, StringComparison.Ordinal);
        Assert.Contains("evt_1", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_WithFilter_SendsItAndTheRate()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("POST /v1/dead-letters/replay", """{"dryRun":true,"count":4}""");

        await CliRun.ExecuteAsync(server, "dead-letters", "replay", "--consumer", "x/y", "--id", "dlv_1", "--rate", "5", "--dry-run", "--reason", "mended");

        Assert.Equal(
            Normal("""{"filter":{"consumer":"x/y","deliveries":["dlv_1"]},"reason":"mended","dryRun":true,"force":false,"ratePerSecond":5}"""),
            Normal(Assert.Single(server.Requests).Body));
    }

    [Theory]
    [InlineData("dead-letters replay")]
    [InlineData("dead-letters discard")]
    public async Task DeadLetters_NothingChosen_AsksForAll(string args)
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.ExecuteAsync(server, args.Split(' '));

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("--all", run.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    private static string Path(string request) => request.Split('?')[0];

    private static string Normal(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement);
}
