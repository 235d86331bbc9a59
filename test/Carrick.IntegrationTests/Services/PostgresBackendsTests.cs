using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Services;

public sealed class PostgresBackendsTests : IAsyncLifetime
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);
    private PostgresServer _server = null!;
    private PostgresBackends _backends = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(Token);
        _backends = new PostgresBackends(_server, "shop");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task KillOne_EndsEverySession_AndTheServerRecoversWhatWasCommitted()
    {
        await Sql.RunAsync(_server.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS x");
        await using var shop = await OpenAsync();
        await using var other = await Sql.OpenAsync(_server.ConnectionString);
        var postmaster = _server.ProcessId;

        Assert.True(await _backends.KillOneAsync(count => count - 1, Token));

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => shop.RunAsync("SELECT 1"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => other.RunAsync("SELECT 1"));
        Assert.Equal(1, await Sql.RunAsync(_server.ConnectionString, "SELECT x FROM kept"));
        Assert.Equal(postmaster, _server.ProcessId);
    }

    [Fact]
    public async Task KillOne_WithoutASessionOfTheApplication_DoesNothing()
    {
        await using var other = await Sql.OpenAsync(_server.ConnectionString);

        Assert.False(await _backends.KillOneAsync(_ => 0, Token));

        Assert.Equal(1, await other.RunAsync("SELECT 1"));
    }

    [Fact]
    public async Task Suspend_StopsTheApplicationAlone_UntilItIsDisposed()
    {
        await using var shop = await OpenAsync();
        Task<object?> waiting;
        using (await _backends.SuspendAsync(Token))
        {
            waiting = shop.RunAsync("SELECT 1");
            Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(Moment, TimeProvider.System, Token)));
            Assert.Equal(2, await Sql.RunAsync(_server.ConnectionString, "SELECT 2"));
        }

        Assert.Equal(1, await waiting);
    }

    [Fact]
    public async Task MoveLog_ToAnotherFolder_KeepsData()
    {
        await Sql.RunAsync(_server.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS x");
        var disk = Directory.CreateDirectory(Path.Combine(_server.Folder, "disk"));

        await _server.MoveLogAsync(disk.FullName, Token);

        Assert.Equal(1, await Sql.RunAsync(_server.ConnectionString, "SELECT x FROM kept"));
        Assert.NotEmpty(disk.GetFiles("0*", SearchOption.AllDirectories));
    }

    private Task<NpgsqlConnection> OpenAsync() => Sql.OpenAsync(_server.ConnectionString + ";Application Name=shop");
}
