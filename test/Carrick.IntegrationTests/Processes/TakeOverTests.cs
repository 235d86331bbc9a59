using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Processes;

/// <summary>Two servers on one PostgreSQL: they share the work, the second does all of it when the first ends, and the first can do nothing more when it wakes up.</summary>
public sealed class TakeOverTests
{
    private const string Key = "ConnectionStrings__Carrick";
    private static async Task<Station> WithEndpointThatRefusesAsync(PostgresServer database)
    {
        var station = await Station.CreateAsync();
        station.Environment[Key] = database.ConnectionString;
        station.Retry = "{ attempts: 1000, base: 1s, cap: 1s }";
        station.Receiver.Script = Receiver.Answer(503);
        return station;
    }

    private static readonly TimeSpan WorkMovesWithin = TimeSpan.FromSeconds(10);

    // For starting a process and the attempt itself, on a machine that is busy.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Server_Suspended_IsTakenOver_AndStopsWhenItWakesUp()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await WithEndpointThatRefusesAsync(database);
        var first = await station.StartAsync();
        var waiting = await station.AcceptAsync(first, "m1");
        // Not in the middle of its first request, which would go on when it wakes up.
        await Station.UntilAsync(() => Count(database, "SELECT count(*) FROM carrick.attempts") > 0, () => first.Output);

        first.Suspend();
        var started = TimeProvider.System.GetTimestamp();
        var second = await station.StartAsync();
        station.Receiver.Script = Receiver.Answer(200);
        // It receives for both at once; what is in the shards of the first waits for it.
        var later = await station.AcceptAsync(second, "m2");
        using (var again = await station.SendAsync(second, "m1"))
        {
            Assert.Contains("\"duplicate\":true", await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await Station.UntilAsync(() => Count(database, "SELECT count(*) FROM carrick.outcomes") == 2, () => second.Output);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, WorkMovesWithin + Slack);
        var calls = station.Receiver.Calls.Count;
        first.Resume();

        Assert.Equal(1, await first.ExitAsync());
        // What was due meanwhile it did not start: its lease had ended.
        Assert.Equal(calls, station.Receiver.Calls.Count);
        Assert.Contains("was taken over by another process", first.Output, StringComparison.Ordinal);
        Assert.Equal(2, Count(database, "SELECT count(*) FROM carrick.events"));
        Assert.Equal(2, Count(database, "SELECT count(*) FROM carrick.outcomes"));
        Assert.Equal(0, Count(database, "SELECT count(*) FROM carrick.work"));
        Assert.Equal(new[] { waiting, later }.Order(), station.Receiver.Calls.Select(call => call.Id).Distinct().Order());
    }

    [Fact]
    public async Task Server_Killed_IsTakenOverAtOnce()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await WithEndpointThatRefusesAsync(database);
        var first = await station.StartAsync();
        var waiting = await station.AcceptAsync(first, "m1");

        await first.KillAsync();
        station.Receiver.Script = Receiver.Answer(200);
        var second = await station.StartAsync();

        await Station.UntilAsync(() => Count(database, "SELECT count(*) FROM carrick.outcomes") == 1, () => second.Output);
        Assert.Contains(waiting, station.Receiver.Calls.Select(call => call.Id));
        second.Terminate();
        Assert.Equal(0, await second.ExitAsync());
        Assert.Equal(0, Count(database, "SELECT value FROM carrick.meta WHERE name = 'unclean_starts'"));
    }

    [Fact]
    public async Task Servers_OnOneDatabase_ShareTheWorkAndShowIt()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await Station.CreateAsync();
        station.Environment[Key] = database.ConnectionString;
        var first = await station.StartAsync();
        var second = await station.StartAsync();
        await Station.UntilAsync(async () => await SharesAsync(station, first) is [32, 32], () => first.Output + second.Output);

        var (_, nodes) = await station.ApiAsync(second, HttpMethod.Get, "/v1/nodes");
        Assert.Equal(["False True", "True False"], nodes.GetProperty("data").EnumerateArray().Select(node => $"{node.GetProperty("self")} {node.GetProperty("leader")}"));
        station.Environment["CARRICK_API_KEY"] = Station.AdminKey;
        var (code, table) = await station.RunAsync("nodes", "--server", first.Url.ToString());
        Assert.Equal(0, code);
        Assert.Contains("0-31", table, StringComparison.Ordinal);
        Assert.Contains("32-63", table, StringComparison.Ordinal);

        // A configuration that one is given is in force on both.
        const string receive = "receive: { scheme: standard-webhooks, secrets: \"${RECEIVING_SECRET}\" }";
        var more = $"integrations: {{ billing: {{ {receive} }}, added: {{ {receive} }} }}";
        await Station.UntilAsync(
            async () =>
            {
                var (status, body) = await station.ApiAsync(second, HttpMethod.Put, "/v1/config", more);
                Assert.True(status == System.Net.HttpStatusCode.OK, body.ToString());
                var (_, known) = await station.ApiAsync(first, HttpMethod.Get, "/v1/integrations");
                return known.ToString().Contains("added", StringComparison.Ordinal);
            },
            () => first.Output + second.Output);

        first.Terminate();
        Assert.Equal(0, await first.ExitAsync());
        await Station.UntilAsync(async () => await SharesAsync(station, second) is [64], () => second.Output);
    }

    [Fact]
    public async Task Server_KilledBesideAnother_IsTakenOverWithinTenSeconds()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await WithEndpointThatRefusesAsync(database);
        var first = await station.StartAsync();
        var second = await station.StartAsync();
        await Station.UntilAsync(async () => await SharesAsync(station, second) is [32, 32], () => second.Output);
        await station.AcceptAsync(second, "m1");

        await first.KillAsync();
        station.Receiver.Script = Receiver.Answer(200);
        var started = TimeProvider.System.GetTimestamp();

        await Station.UntilAsync(async () => await SharesAsync(station, second) is [64], () => second.Output);
        await Station.UntilAsync(() => Count(database, "SELECT count(*) FROM carrick.outcomes") == 1, () => second.Output);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, WorkMovesWithin + Slack);
    }

    [Fact]
    public async Task Server_ThatLacksAVariableOfAConfigurationGivenToAnother_KeepsItsOwnAndSaysSo()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await Station.CreateAsync();
        station.Environment[Key] = database.ConnectionString;
        var without = await station.StartAsync();
        station.Environment["ONLY_HERE"] = Station.Secret;
        var with = await station.StartAsync();

        var (status, body) = await station.ApiAsync(
            with, HttpMethod.Put, "/v1/config", "integrations: { other: { receive: { scheme: standard-webhooks, secrets: \"${ONLY_HERE}\" } } }");

        Assert.True(status == System.Net.HttpStatusCode.OK, body.ToString());
        await Station.UntilAsync(() => without.Output.Contains("[5002]", StringComparison.Ordinal), () => without.Output);
        Assert.Contains("ONLY_HERE", without.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Station.Secret, without.Output, StringComparison.Ordinal);
        await station.AcceptAsync(without, "m1");
    }

    [Fact]
    public async Task Doctor_WithAConnectionString_LooksAtThatStore()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await Station.CreateAsync();
        station.Environment[Key] = database.ConnectionString + ";Password=canary";
        var (_, before) = await station.RunAsync("doctor", "--output", "json");
        Assert.Contains("makes the schema", before, StringComparison.Ordinal);

        Assert.Equal(0, (await station.RunAsync("migrate")).Code);
        var (_, after) = await station.RunAsync("doctor", "--output", "json");
        Assert.Contains("it can be read", after, StringComparison.Ordinal);

        await database.StopAsync();
        var (code, down) = await station.RunAsync("doctor", "--output", "json");
        Assert.Equal(1, code);
        Assert.Contains("The connection to PostgreSQL failed", down, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", before + after + down, StringComparison.Ordinal);
    }

    private static async Task<int[]> SharesAsync(Station station, ServerProcess server)
    {
        var (_, nodes) = await station.ApiAsync(server, HttpMethod.Get, "/v1/nodes");
        return [.. nodes.GetProperty("data").EnumerateArray().Select(node => node.GetProperty("shardCount").GetInt32())];
    }

    private static long Count(PostgresServer server, string sql)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return (long)command.ExecuteScalar()!;
    }
}
