using Carrick.Server;
using Carrick.Server.Cli;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class CliFailureTests
{
    [Theory]
    [InlineData(400, ExitCodes.Usage)]
    [InlineData(403, ExitCodes.NotAuthorised)]
    [InlineData(409, ExitCodes.Failure)]
    [InlineData(413, ExitCodes.Usage)]
    [InlineData(429, ExitCodes.Busy)]
    [InlineData(500, ExitCodes.Failure)]
    [InlineData(503, ExitCodes.Busy)]
    public async Task Problem_AnyStatus_ShowsTheDetailAndTheErrors(int status, int exitCode)
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", """{"title":"t","detail":"It is wrong.","errors":[{"parameter":"from","code":"x","detail":"Not a time."}]}""", status);

        var run = await CliRun.ExecuteAsync(server, "events", "list");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains("It is wrong.", run.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode == ExitCodes.Usage, run.Error.Contains("from: Not a time.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Busy_WithRetryAfter_SaysWhen()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", _ => new FakeServer.Answer(503, """{"detail":"Full."}""") { Headers = [("Retry-After", "7")] });

        Assert.Contains("Try again in 7 s.", (await CliRun.ExecuteAsync(server, "events", "list")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keys revoke .")]
    [InlineData("keys revoke ..")]
    [InlineData("events show ..")]
    [InlineData("events payload .")]
    [InlineData("deliveries show ..")]
    [InlineData("deliveries retry ..")]
    [InlineData("deliveries discard .")]
    [InlineData("replays show ..")]
    [InlineData("replays cancel ..")]
    [InlineData("endpoints enable a/..")]
    [InlineData("endpoints disable ../b")]
    [InlineData("endpoints disable a//b")]
    public async Task Id_ThatAPathWouldStepOver_IsRefused(string args)
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.ExecuteAsync(server, args.Split(' '));

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("is no id", run.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Id_Empty_IsRefused()
    {
        await using var server = await FakeServer.StartAsync();

        Assert.Equal(ExitCodes.Usage, (await CliRun.ExecuteAsync(server, "keys", "revoke", "")).ExitCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Redirect_ToAnotherHost_IsNotFollowed()
    {
        await using var other = await FakeServer.StartAsync();
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", _ => new FakeServer.Answer(307, "") { Headers = [("Location", other.Url + "/v1/events")] });

        var run = await CliRun.ExecuteAsync(server, "events", "list");

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"data":1}""")]
    [InlineData("")]
    public async Task Answer_IsNoList_SaysSo(string answer)
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", answer);

        var run = await CliRun.ExecuteAsync(server, "events", "list");

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        Assert.Contains("--server names a Carrick server", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemoteText_WithControlCharacters_IsCleaned()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", """{"data":[{"id":"evt_1","type":"\u001b]0;x\u0007[red]<script>\u202e","subject":"a\r\nb"}],"nextCursor":null}""");

        foreach (var output in new[] { "table", "json" })
        {
            var run = await CliRun.ExecuteAsync(server, "events", "list", "--output", output);

            Assert.Equal(ExitCodes.Ok, run.ExitCode);
            Assert.DoesNotContain(run.Output, c => char.IsControl(c) && c is not ('\n' or '\r'));
            Assert.DoesNotContain('\u202e', run.Output);
            Assert.Contains("[red]", run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task RemoteError_WithControlCharacters_IsCleaned()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", """{"detail":"\u001b[2Jgone\u0007"}""", 404);

        Assert.Equal("error: [2Jgone", (await CliRun.ExecuteAsync(server, "events", "list")).Error.Trim());
    }

    [Fact]
    public async Task NoKey_ServerAsksForOne_SaysThatNoneIsSet()
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /v1/events", "{}", 401);

        var run = await CliRun.ExecuteAsync(server.Url, null, ["events", "list"]);

        Assert.Contains("none is set", run.Error, StringComparison.Ordinal);
        Assert.Equal("", Assert.Single(server.Requests).Authorization);
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("127.0.0.1:8420")]
    [InlineData("http://user:secret@127.0.0.1")]
    [InlineData("http://127.0.0.1/?a=b")]
    public async Task ServerUrl_NotValid_IsRefusedWithoutShowingIt(string url)
    {
        var run = await CliRun.ExecuteAsync(url, CliRun.Key, ["events", "list"]);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("CARRICK_SERVER", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyFile_WithLineBreakInside_IsRefusedWithoutShowingIt()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "ck_secret\r\nX-Evil: 1");

            var run = await CliRun.ExecuteAsync("http://127.0.0.1:1", null, ["events", "list", "--api-key-file", file]);

            Assert.Equal(ExitCodes.Usage, run.ExitCode);
            Assert.DoesNotContain("ck_secret", run.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task KeyFile_OneLine_IsUsed()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "ck_file\n");
            await using var server = await FakeServer.StartAsync();

            await CliRun.ExecuteAsync(server.Url, "ck_variable", ["events", "show", "evt_1", "--api-key-file", file]);

            Assert.Equal("Bearer ck_file", Assert.Single(server.Requests).Authorization);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("evnts list")]
    [InlineData("events")]
    [InlineData("events list --limit 0")]
    [InlineData("events list --limit x")]
    [InlineData("events list --output yaml")]
    [InlineData("events list --api-key ck_1")]
    [InlineData("apply")]
    [InlineData("keys create x --scope root")]
    public async Task Arguments_NotValid_ExitWithUsage(string args)
    {
        var run = await CliRun.ExecuteAsync("http://127.0.0.1:1", CliRun.Key, args.Split(' '));

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    /// <summary>Commands whose output has text of others, and the answer that holds it.</summary>
    public static TheoryData<string, string, string> Hostile => new()
    {
        { "send stripe --to URL/webhooks/a --secret-env SECRET", "POST /webhooks/a", "EVIL" },
        { "events tail --count 1", "GET /v1/events", """{"data":[{"id":"evt_EVIL","type":"EVIL"}],"nextCursor":null}""" },
        { "doctor --data NONE", "GET /v1/endpoints", """{"data":[{"name":"EVIL","enabled":false,"disabledReason":"EVIL"}],"nextCursor":null}""" },
        { "doctor --data NONE", "GET /v1/diagnostics", """{"unknownConsumers":[{"name":"EVIL","outstanding":7}]}""" },
        { "doctor --data NONE", "GET /health/ready", """{"status":"degraded","problem":"EVIL"}""" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task RemoteText_OfACommandWithItsOwnOutput_ReachesNoTerminal(string args, string request, string answer)
    {
        const string Escaped = "\\u001b]0;owned\\u0007\\u009b2J\\u202e\\rforged";
        await using var server = await FakeServer.StartAsync();
        var text = request.Contains("/v1/", StringComparison.Ordinal) || request.Contains("/health/", StringComparison.Ordinal) ? Escaped : System.Text.RegularExpressions.Regex.Unescape(Escaped);
        server.On("GET /health/live", "{}").On("GET /health/ready", "{}").On("GET /v1/endpoints", """{"data":[]}""").On("GET /v1/integrations", """{"data":[]}""").On("GET /v1/diagnostics", "{}");
        server.On(request, call => new FakeServer.Answer(request.EndsWith("ready", StringComparison.Ordinal) ? 503 : 200, answer.Replace("EVIL", text + call, StringComparison.Ordinal)));

        foreach (var output in new[] { "table", "json" })
        {
            var run = await CliRun.ExecuteAsync(server, [.. args.Replace("URL", server.Url, StringComparison.Ordinal).Split(' '), "--output", output]);

            Assert.Contains("owned", run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(run.Output + run.Error, character => character is not ('\n' or '\r') && !TerminalText.IsPlain(new System.Text.Rune(character)));
            Assert.DoesNotContain("\rforged", run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Id_WithSlashesAndDots_IsEscaped()
    {
        await using var server = await FakeServer.StartAsync();

        await CliRun.ExecuteAsync(server, "events", "show", "../../keys?x=1");

        var asked = Assert.Single(server.Requests);
        Assert.Equal(("GET /v1/events/..%2F..%2Fkeys?x=1", ""), (asked.Request, asked.Query));
    }
}
