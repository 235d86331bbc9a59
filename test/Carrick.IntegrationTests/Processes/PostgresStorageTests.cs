using System.Net;
using System.Security.Cryptography;
using Carrick.IntegrationTests.Services;
using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Processes;

/// <summary>A real server on a PostgreSQL that has no connections, no room or no time for it.</summary>
public sealed class PostgresStorageTests : IAsyncLifetime
{
    private PostgresServer _database = null!;
    private Station _station = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresServer.StartNewAsync(Token);
        _station = await Station.CreateAsync();
        Use(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _station.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Server_WithoutAFreeConnection_RefusesAndResumesByItselfWithoutLoss()
    {
        const int limit = 8;
        await Sql.RunAsync(_database.ConnectionString, $"CREATE ROLE carrick LOGIN CONNECTION LIMIT {limit}; GRANT CREATE ON DATABASE carrick_test TO carrick");
        Use(_database.ConnectionString + ";Username=carrick");
        var hold = new TaskCompletionSource();
        _station.Receiver.Script = _ => hold.Task;
        var server = await _station.StartAsync();
        List<string> accepted = [await _station.AcceptAsync(server, "before")];
        await Station.UntilAsync(() => !_station.Receiver.Calls.IsEmpty, () => "a delivery under way");

        var others = await OccupyAsync(limit);
        // Its effect has happened: the engine must hold on to that until it can write.
        hold.SetResult();
        await RefusesAsync(server, "too many connections");

        others.ForEach(connection => connection.Dispose());
        await ResumesAsync(server);
        accepted.Add(await _station.AcceptAsync(server, "refused"));
        await DrainedOnceAsync(server, accepted);
    }

    [Fact]
    public async Task Server_DiskOfTheTablesFull_RefusesAndResumesByItselfWithoutLoss()
    {
        using var disk = SmallTablespace.TryMount(_database);
        Assert.SkipWhen(disk is null, "This test must be allowed to mount a tmpfs.");
        var first = await _station.StartAsync();
        List<string> accepted = [await _station.AcceptAsync(first, "before")];
        first.Terminate();
        Assert.Equal(0, await first.ExitAsync());
        disk.Fill("carrick", kilobytes: 2_000);
        Use($"{_database.ConnectionString};Options=-c default_tablespace={disk.Name}");
        var server = await _station.StartAsync();

        var last = await FillAsync(server, accepted);
        await RefusesAsync(server, "space");

        disk.MakeRoom();
        await ResumesAsync(server);
        Assert.False(await NoteAsync(last, accepted));
        accepted.Add(await _station.AcceptAsync(server, "refused"));
        await DrainedOnceAsync(server, accepted);
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        await Sql.RunAsync(_database.ConnectionString, "DROP SCHEMA carrick CASCADE");
    }

    [Fact]
    public async Task Server_DiskOfTheLogFull_PostgresStops_RefusesAndResumesWithItWithoutLoss()
    {
        using var disk = SmallDisk.Mount(_database.Folder, megabytes: 64);
        await _database.MoveLogAsync(disk.Path, Token);
        var server = await _station.StartAsync();
        List<string> accepted = [await _station.AcceptAsync(server, "before")];

        disk.Fill();
        var last = await FillAsync(server, accepted);
        await RefusesAsync(server, "");

        disk.MakeRoom();
        await Station.UntilAsync(
            async () =>
            {
                // PostgreSQL panics when it cannot write its log, and may not be able to recover without room: its supervisor starts it again.
                if (!_database.IsRunning)
                {
                    await _database.StartAsync(Token);
                }

                return await _station.ReadinessAsync(server) is (HttpStatusCode.OK, "ready", null);
            },
            () => server.Output);
        await NoteAsync(last, accepted);
        accepted.Add(await _station.AcceptAsync(server, "refused"));
        await DrainedOnceAsync(server, accepted);
    }

    [Fact]
    public async Task Server_DiskStandsStill_RefusesBeyondItsQueue_AndLosesNothing()
    {
        const int queue = 16, batch = 24, senders = 100;
        _station.Limits = $"shutdownGrace: 1s, writeQueue: {queue}";
        var server = await _station.StartAsync();
        List<string> accepted = [await _station.AcceptAsync(server, "before")];
        Task<HttpResponseMessage>[] sent;
        using (await new PostgresBackends(_database, "carrick").SuspendAsync(Token))
        {
            sent = [.. Enumerable.Range(0, senders).Select(i => _station.SendAsync(server, $"m{i}"))];
            // Nothing is committed, so whatever is answered now was refused: all but what fits into the queue and the commit under way.
            await Station.UntilAsync(() => sent.Count(send => send.IsCompleted) >= senders - queue - batch, () => server.Output, TimeSpan.FromSeconds(10));
            foreach (var send in sent.Where(send => send.IsCompleted))
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, (await send).StatusCode);
            }
        }

        await TakeAsync(server, sent, accepted);
        await DrainedOnceAsync(server, accepted);
    }

    [Fact]
    public async Task Server_EverySyncIsSlow_RefusesBeyondItsQueue_AndLosesNothing()
    {
        // Each flush of the log waits 100 ms, as on a disk that needs so long for it.
        await Sql.RunAsync(_database.ConnectionString, "ALTER SYSTEM SET commit_siblings = 0");
        await Sql.RunAsync(_database.ConnectionString, "ALTER SYSTEM SET commit_delay = 100000");
        await Sql.RunAsync(_database.ConnectionString, "SELECT pg_reload_conf()");
        _station.Limits = "shutdownGrace: 1s, writeQueue: 16";
        var server = await _station.StartAsync();
        List<string> accepted = [];

        var sent = Enumerable.Range(0, 200).Select(i => _station.SendAsync(server, $"m{i}")).ToArray();
        var answers = await Task.WhenAll(sent);

        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        await TakeAsync(server, sent, accepted);
        await DrainedOnceAsync(server, accepted);
    }

    private void Use(string connectionString) => _station.Environment["ConnectionStrings__Carrick"] = connectionString;

    /// <summary>All connections that the role may have, and none for Carrick.</summary>
    private async Task<List<NpgsqlConnection>> OccupyAsync(int limit)
    {
        var backends = new PostgresBackends(_database, "carrick");
        List<NpgsqlConnection> held = [];
        await Station.UntilAsync(
            async () =>
            {
                await backends.TerminateAsync(Token);
                try
                {
                    while (held.Count < limit)
                    {
                        held.Add(await Sql.OpenAsync(_database.ConnectionString + ";Username=carrick"));
                    }

                    return true;
                }
                catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.TooManyConnections)
                {
                    // Carrick was faster, or its session has not ended yet.
                    return false;
                }
            },
            () => "connections to be taken");
        return held;
    }

    /// <summary>Sends what cannot be made smaller until the server refuses, or cannot tell: who waits for a commit in doubt is answered when its outcome is known.</summary>
    /// <returns>The last one.</returns>
    private async Task<Task<HttpResponseMessage>> FillAsync(ServerProcess server, List<string> accepted)
    {
        for (var i = 0; i < 500; i++)
        {
            var send = _station.SendAsync(
                server, $"full-{i}", $$"""{"type":"invoice.paid","padding":"{{Convert.ToBase64String(RandomNumberGenerator.GetBytes(200_000))}}"}""");
            await Station.UntilAsync(async () => send.IsCompleted || (await _station.ReadinessAsync(server)).Status == HttpStatusCode.ServiceUnavailable, () => server.Output);
            if (!send.IsCompleted || (await send).StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return send;
            }

            await NoteAsync(send, accepted);
        }

        throw new InvalidOperationException("The disk never became full.");
    }

    /// <returns>Whether it was accepted.</returns>
    private static async Task<bool> NoteAsync(Task<HttpResponseMessage> send, List<string> accepted)
    {
        using var answer = await send;
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            accepted.Add(await Station.IdAsync(answer));
            return true;
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        return false;
    }

    private async Task RefusesAsync(ServerProcess server, string problem)
    {
        await Station.UntilAsync(
            async () => await _station.ReadinessAsync(server) is (HttpStatusCode.ServiceUnavailable, "degraded", { } said) && said.Contains(problem, StringComparison.Ordinal),
            () => server.Output);
        using var answer = await _station.SendAsync(server, "refused");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    }

    // Nobody sends: the server must find out by itself, or a load balancer would never send to it again.
    private Task ResumesAsync(ServerProcess server) => Station.UntilAsync(
        async () => await _station.ReadinessAsync(server) is (HttpStatusCode.OK, "ready", null), () => server.Output, patience: TimeSpan.FromSeconds(10));

    /// <summary>Notes what was accepted, and sends what was refused again, as senders do.</summary>
    private async Task TakeAsync(ServerProcess server, Task<HttpResponseMessage>[] sent, List<string> accepted)
    {
        for (var i = 0; i < sent.Length; i++)
        {
            var (id, send) = ($"m{i}", sent[i]);
            await Station.UntilAsync(
                async () =>
                {
                    var taken = await NoteAsync(send, accepted);
                    send = taken ? send : _station.SendAsync(server, id);
                    return taken;
                },
                () => server.Output);
        }
    }

    private async Task DrainedOnceAsync(ServerProcess server, List<string> accepted)
    {
        await Station.UntilAsync(async () => await Sql.RunAsync(_database.ConnectionString, "SELECT count(*) FROM carrick.work") is 0L, () => "work is left. " + server.Output);
        Assert.Equal((long)accepted.Count, await Sql.RunAsync(_database.ConnectionString, "SELECT count(*) FROM carrick.events"));
        Assert.Equal(accepted.Order(), _station.Receiver.Calls.Select(call => call.Id).Order());
    }
}
