using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Services;

public sealed class PostgresServerTests : IAsyncLifetime
{
    private PostgresServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartNewAsync(Token);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Start_New_IsDurableAndInUtf8()
    {
        await using var connection = await Sql.OpenAsync(_server.ConnectionString);

        Assert.Equal(
            "carrick_test UTF8 C on on on 200",
            await connection.RunAsync(
                """
                SELECT concat_ws(' ', current_database(), current_setting('server_encoding'), datcollate, current_setting('fsync'), current_setting('full_page_writes'),
                    current_setting('synchronous_commit'), current_setting('max_connections'))
                FROM pg_database WHERE datname = current_database()
                """));
    }

    [Theory]
    [InlineData(PostgresShutdown.Fast)]
    [InlineData(PostgresShutdown.Immediate)]
    public async Task Start_AfterAStop_KeepsDataAndAddress(PostgresShutdown how)
    {
        var address = _server.ConnectionString;
        await Sql.RunAsync(address, "CREATE TABLE kept AS SELECT 1 AS x");

        await _server.StopAsync(how);
        await Assert.ThrowsAsync<NpgsqlException>(async () => await Sql.OpenAsync(address));
        await _server.StartAsync(Token);

        Assert.Equal(address, _server.ConnectionString);
        Assert.Equal(1, await Sql.RunAsync(address, "SELECT x FROM kept"));
    }

    [Fact]
    public async Task Start_WhileBackendsOfAKilledPostmasterRun_WaitsForThemAndKeepsWhatWasCommitted()
    {
        await Sql.RunAsync(_server.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS x");
        await using var open = await Sql.OpenAsync(_server.ConnectionString);
        await open.RunAsync("BEGIN; INSERT INTO kept VALUES (2)");
        // A backend that computes does not notice that the postmaster is gone.
        await using var busy = await Sql.OpenAsync(_server.ConnectionString);
        var work = busy.RunAsync("SELECT count(*) FROM generate_series(1, 8000000) AS x WHERE sqrt(x) < 0");
        while (await Sql.RunAsync(_server.ConnectionString, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sqrt(x)%' AND pid <> pg_backend_pid()") is 0L)
        {
            Assert.False(work.IsCompleted);
        }

        _server.KillPostmaster();
        await _server.StartAsync(Token);

        Assert.Equal(1L, await Sql.RunAsync(_server.ConnectionString, "SELECT count(*) FROM kept"));
        await Record.ExceptionAsync(() => work);
    }

    [Fact]
    public async Task Start_WhileItRuns_IsRefused() => await Assert.ThrowsAsync<InvalidOperationException>(() => _server.StartAsync(Token));

    [Fact]
    public async Task Dispose_DeletesTheFolder()
    {
        Assert.True(Directory.Exists(_server.Folder));

        await _server.DisposeAsync();

        Assert.False(Directory.Exists(_server.Folder));
    }
}
