using Microsoft.Data.Sqlite;

namespace Carrick.IntegrationTests.Processes;

/// <summary>The store fails for good under a running server.</summary>
public sealed class OwnerTests
{
    [Fact]
    public async Task Server_StoreTakenAway_StopsWithAClearLineAndARestartRecovers()
    {
        await using var station = await Station.CreateAsync();
        station.Receiver.Script = Receiver.Answer(503);
        station.Retry = "{ attempts: 1000, base: 1s, cap: 1s }";
        var server = await station.StartAsync();
        var first = await station.AcceptAsync(server, "m1");

        // As after a restored backup, or a process that was suspended while another took over.
        await ExecuteAsync(station, "UPDATE leases SET epoch = epoch + 1");
        using (var answer = await station.SendAsync(server, "m2"))
        {
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }

        Assert.Equal(1, await server.ExitAsync());
        Assert.Contains("The store has failed: 'carrick.db' was taken over by another process", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", server.Output, StringComparison.Ordinal);
        Assert.Equal(1, station.Count("SELECT count(*) FROM events"));

        station.Receiver.Script = Receiver.Answer(200);
        var next = await station.StartAsync();
        var second = await station.AcceptAsync(next, "m2");
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM outcomes") == 2, () => next.Output);
        Assert.Equal(new[] { first, second }.Order(), station.Receiver.Calls.Select(call => call.Id).Distinct().Order());
    }

    [Fact]
    public async Task Server_DamagedDatabase_RefusesToStartInOneLine()
    {
        await using var station = await Station.CreateAsync();
        Directory.CreateDirectory(station.Data);
        await File.WriteAllTextAsync(station.Database, string.Concat(Enumerable.Repeat("This is no database. ", 1_000)), TestContext.Current.CancellationToken);

        var server = station.Launch();

        Assert.Equal(1, await server.ExitAsync());
        Assert.Contains("carrick.db", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    private static async Task ExecuteAsync(Station station, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={station.Database};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
