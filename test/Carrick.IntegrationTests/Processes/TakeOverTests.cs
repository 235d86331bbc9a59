using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Processes;

/// <summary>Two servers on one PostgreSQL: the second goes on when the first ends, and the first can do nothing more when it wakes up.</summary>
public sealed class TakeOverTests
{
    private const string Key = "ConnectionStrings__Carrick";
    private static readonly TimeSpan LeaseLasts = TimeSpan.FromSeconds(9);

    [Fact]
    public async Task Server_Suspended_IsTakenOver_AndStopsWhenItWakesUp()
    {
        await using var database = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var station = await Station.CreateAsync();
        station.Environment[Key] = database.ConnectionString;
        station.Retry = "{ attempts: 1000, base: 1s, cap: 1s }";
        station.Receiver.Script = Receiver.Answer(503);
        var first = await station.StartAsync();
        var waiting = await station.AcceptAsync(first, "m1");

        first.Suspend();
        var started = TimeProvider.System.GetTimestamp();
        var second = await station.StartAsync();
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, LeaseLasts + TimeSpan.FromSeconds(20));
        station.Receiver.Script = Receiver.Answer(200);
        var later = await station.AcceptAsync(second, "m2");
        using (var again = await station.SendAsync(second, "m1"))
        {
            Assert.Contains("\"duplicate\":true", await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await Station.UntilAsync(() => Count(database, "SELECT count(*) FROM carrick.outcomes") == 2, () => second.Output);
        first.Resume();

        Assert.Equal(1, await first.ExitAsync());
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
        await using var station = await Station.CreateAsync();
        station.Environment[Key] = database.ConnectionString;
        station.Retry = "{ attempts: 1000, base: 1s, cap: 1s }";
        station.Receiver.Script = Receiver.Answer(503);
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

    private static long Count(PostgresServer server, string sql)
    {
        using var connection = new NpgsqlConnection(server.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return (long)command.ExecuteScalar()!;
    }
}
