using System.Net;

namespace Carrick.IntegrationTests.Processes;

/// <summary>A real server on a real file system without a free byte.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Server_DiskFull_RefusesAndSaysWhyAndResumesByItselfWithoutLoss()
    {
        await using var station = await Station.CreateAsync();
        using var disk = SmallDisk.Mount(station.Folder, megabytes: 16);
        station.Data = Path.Combine(disk.Path, "data");
        var hold = new TaskCompletionSource();
        station.Receiver.Script = _ => hold.Task;
        var server = await station.StartAsync();
        List<string> accepted = [];
        for (var i = 0; i < 40; i++)
        {
            accepted.Add(await station.AcceptAsync(server, $"before-{i}"));
        }

        await Station.UntilAsync(() => station.Receiver.Calls.Count == 40, () => "deliveries under way");
        disk.Fill();
        var refused = await FillAsync(station, server, accepted);

        // Their effects have happened: the engine must hold on to that until it can write.
        hold.SetResult();
        await Station.UntilAsync(async () => await station.ReadinessAsync(server) is (HttpStatusCode.ServiceUnavailable, "degraded", { Length: > 0 }), () => server.Output);
        using (var answer = await station.SendAsync(server, refused))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        }

        var (_, _, problem) = await station.ReadinessAsync(server);
        Assert.Contains("full", problem, StringComparison.OrdinalIgnoreCase);

        // Nobody sends: the server must find out by itself, or a load balancer would never send to it again.
        disk.MakeRoom();
        await Station.UntilAsync(
            async () => await station.ReadinessAsync(server) is (HttpStatusCode.OK, "ready", null), () => server.Output, patience: TimeSpan.FromSeconds(5));
        accepted.Add(await station.AcceptAsync(server, refused));
        await DrainedAsync(station, server);

        Assert.Equal(accepted.Order(), station.Receiver.Calls.Select(call => call.Id).Distinct().Order());
        Assert.Equal(accepted.Count, station.Count("SELECT count(*) FROM events"));
        Assert.Equal(40, station.Receiver.Calls.Count(call => accepted.IndexOf(call.Id) < 40));
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Server_StoppedWhileTheDiskIsFull_EndsCleanlyAndTheNextStartHasEverything()
    {
        await using var station = await Station.CreateAsync();
        using var disk = SmallDisk.Mount(station.Folder, megabytes: 16);
        station.Data = Path.Combine(disk.Path, "data");
        station.Receiver.Script = Receiver.Answer(503);
        station.Retry = "{ attempts: 1000, base: 1s, cap: 1s }";
        var server = await station.StartAsync();
        List<string> accepted = [];
        accepted.Add(await station.AcceptAsync(server, "first"));
        disk.Fill();
        await FillAsync(station, server, accepted);
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains("Nothing is lost", server.Output, StringComparison.Ordinal);

        disk.MakeRoom();
        station.Receiver.Script = Receiver.Answer(200);
        var next = await station.StartAsync();
        await DrainedAsync(station, next);

        Assert.Equal(accepted.Order(), station.Receiver.Calls.Select(call => call.Id).Distinct().Order());
        Assert.Equal(accepted.Count, station.Count("SELECT count(*) FROM outcomes"));
    }

    /// <summary>Sends until the server refuses; returns the id that was refused.</summary>
    private static async Task<string> FillAsync(Station station, ServerProcess server, List<string> accepted)
    {
        var padding = new string('x', 20_000);
        for (var i = 0; i < 500; i++)
        {
            var id = $"full-{i}";
            using var answer = await station.SendAsync(server, id, $$"""{"type":"invoice.paid","padding":"{{padding}}"}""");
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return id;
            }

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            accepted.Add(await Station.IdAsync(answer));
        }

        throw new InvalidOperationException("The disk never became full.");
    }

    private static Task DrainedAsync(Station station, ServerProcess server) =>
        Station.UntilAsync(() => station.Count("SELECT count(*) FROM work") == 0, () => "work is left. " + server.Output);
}
