using System.Collections.Concurrent;
using System.Net;
using Carrick.Storage.Rows;

namespace Carrick.IntegrationTests.Processes;

/// <summary>SIGTERM, a second server, SIGKILL.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Server_TerminatedUnderLoad_LosesNothingAndCountsNoCancelledAttempt()
    {
        await using var station = await Station.CreateAsync();
        // Nearly all answer at once, the others hang until the server cancels them.
        var calls = 0;
        station.Receiver.Script = async context =>
        {
            if (Interlocked.Increment(ref calls) % 50 == 0)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            }
        };
        var server = await station.StartAsync();
        ConcurrentBag<string> accepted = [];
        var stopped = new ConcurrentBag<string>();
        var load = Task.WhenAll(Enumerable.Range(0, 8).Select(sender => SendAsync(station, server, sender, accepted, stopped)));
        await Station.UntilAsync(() => accepted.Count >= 500, () => server.Output);
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        await load;

        Assert.Contains("The grace period is over", server.Output, StringComparison.Ordinal);
        Assert.Equal(8, stopped.Count);
        var known = station.Count("SELECT count(*) FROM events");
        Assert.InRange(known, accepted.Count, accepted.Count + 8);
        Assert.Equal(known, station.Count("SELECT count(*) FROM outcomes") + station.Count("SELECT count(*) FROM work"));
        Assert.True(station.Count("SELECT count(*) FROM work") > 0, "Nothing was cancelled.");
        Assert.Equal(0, station.Count("SELECT sum(attempts) FROM work"));
        Assert.Equal(0, station.Count("SELECT count(*) FROM attempts a WHERE EXISTS (SELECT 1 FROM work w WHERE w.id = a.delivery)"));

        station.Receiver.Script = Receiver.Answer(200);
        var next = await station.StartAsync();
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM work") == 0, () => next.Output);

        Assert.Equal(known, station.Count("SELECT count(*) FROM outcomes"));
        Assert.Equal(0, station.Count("SELECT count(*) FROM outcomes WHERE attempts <> 1"));
        Assert.Empty(accepted.Except(station.Receiver.Calls.Select(call => call.Id)));
    }

    [Fact]
    public async Task Server_SecondOnTheSameDirectory_RefusesInOneLineAndTheFirstGoesOn()
    {
        await using var station = await Station.CreateAsync();
        var first = await station.StartAsync();
        var second = station.Launch();

        Assert.Equal(1, await second.ExitAsync());

        var line = Assert.Single(second.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), text => text.Contains("in use", StringComparison.Ordinal));
        Assert.Contains("'carrick.db' is in use by another process", line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
        await station.AcceptAsync(first, "m1");
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM outcomes") == 1, () => first.Output);
    }

    [Fact]
    public async Task RetryAfter_ServerKilled_IsKeptToTheMillisecond()
    {
        await using var station = await Station.CreateAsync();
        station.Receiver.Script = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "4";
            return Task.CompletedTask;
        };
        var server = await station.StartAsync();
        await station.AcceptAsync(server, "m1");
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM work WHERE due_at > 0") == 1, () => server.Output);
        await server.KillAsync();
        var due = DateTimeOffset.FromUnixTimeMilliseconds(station.Count("SELECT due_at FROM work"));
        Assert.True(due >= station.Receiver.Calls.Single().At + TimeSpan.FromSeconds(4) - TimeSpan.FromMilliseconds(1), $"Due at {due:O}.");

        station.Receiver.Script = Receiver.Answer(200);
        var next = await station.StartAsync();
        // The gate is the endpoint's: what comes new waits too.
        await station.AcceptAsync(next, "m2");
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM outcomes") == 2, () => next.Output);

        Assert.Equal(3, station.Receiver.Calls.Count);
        Assert.All(station.Receiver.Calls.Skip(1), call => Assert.True(call.At >= due, $"Called at {call.At:O}, before {due:O}."));
    }

    [Fact]
    public async Task Replay_ServerKilled_GoesOnWhereItWas()
    {
        await using var station = await Station.CreateAsync();
        station.Receiver.Script = Receiver.Answer(400);
        var server = await station.StartAsync();
        const int Dead = 300;
        await Task.WhenAll(Enumerable.Range(0, Dead).Select(i => station.AcceptAsync(server, $"m{i}")));
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM dead_letters") == Dead, () => server.Output);
        station.Receiver.Script = Receiver.Answer(200);
        station.Receiver.Calls.Clear();
        var (status, job) = await station.ApiAsync(server, HttpMethod.Post, "/v1/dead-letters/replay", """{"filter":{"consumer":"billing/orders"},"ratePerSecond":100,"reason":"mended"}""");
        Assert.True(status == HttpStatusCode.Accepted, job.ToString());
        await Station.UntilAsync(() => station.Count("SELECT replayed FROM replays") >= 50, () => server.Output);
        await server.KillAsync();
        var done = station.Count("SELECT replayed FROM replays");
        Assert.InRange(done, 50, Dead - 1);

        var next = await station.StartAsync();
        await Station.UntilAsync(
            async () => (await station.ApiAsync(next, HttpMethod.Get, "/v1/replays/" + job.GetProperty("id").GetString())).Body.GetProperty("state").GetString() == "completed",
            () => next.Output);
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM work") == 0, () => next.Output);

        Assert.Equal(Dead, station.Count("SELECT replayed FROM replays"));
        Assert.Equal(Dead, station.Count("SELECT count(DISTINCT replay_of) FROM outcomes WHERE replay_of IS NOT NULL"));
        Assert.Equal(Dead, station.Count("SELECT count(*) FROM outcomes"));
        Assert.Equal(Dead, station.Receiver.Calls.Select(call => call.Id).Distinct().Count());
    }

    private static async Task SendAsync(Station station, ServerProcess server, int sender, ConcurrentBag<string> accepted, ConcurrentBag<string> stopped)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                using var answer = await station.SendAsync(server, $"s{sender}-{i}");
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    accepted.Add(await Station.IdAsync(answer));
                }
            }
            catch (HttpRequestException)
            {
                stopped.Add($"s{sender}-{i}");
                return;
            }
        }
    }
}
