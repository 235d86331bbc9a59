using Carrick.TestServices.Pooling;
using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Services;

/// <summary>The pooler of the tests does to a client what the ones in production do.</summary>
public sealed class PgBouncerTests : IAsyncLifetime
{
    private const string Backend = "SELECT pg_backend_pid()";

    private PostgresServer _server = null!;
    private PgBouncer _pooler = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(Token);
        _pooler = await PgBouncer.StartNewAsync(_server, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _pooler.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Connection_FromTransactionToTransaction_ChangesItsBackendAndLosesItsSession()
    {
        await using var one = await Sql.OpenAsync(_pooler.ConnectionString);
        await using var two = await Sql.OpenAsync(_pooler.ConnectionString);
        await one.RunAsync("SET carrick.note = 'mine'");
        await one.RunAsync("PREPARE mine AS SELECT 1");
        var first = await one.RunAsync(Backend);

        await two.RunAsync("BEGIN");
        Assert.Equal(first, await two.RunAsync(Backend));
        Assert.Equal("mine", await two.RunAsync("SELECT current_setting('carrick.note', true)"));

        Assert.NotEqual(first, await one.RunAsync(Backend));
        Assert.Equal(DBNull.Value, await one.RunAsync("SELECT current_setting('carrick.note', true)"));
        var error = await Assert.ThrowsAsync<PostgresException>(() => one.RunAsync("EXECUTE mine"));
        Assert.Equal(PostgresErrorCodes.InvalidSqlStatementName, error.SqlState);
        await two.RunAsync("COMMIT");
    }

    [Fact]
    public async Task Connection_ToARestartedServer_WorksAgain()
    {
        await Sql.RunAsync(_pooler.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS x");

        await _server.StopAsync(PostgresShutdown.Immediate);
        await _server.StartAsync(Token);

        // The pooler may have connections that it does not know to be dead; whoever gets one is told so.
        var error = await Record.ExceptionAsync(() => Sql.RunAsync(_pooler.ConnectionString, "SELECT 1"));
        Assert.True(error is null or NpgsqlException, error?.ToString());
        Assert.Equal(1, await Sql.RunAsync(_pooler.ConnectionString, "SELECT x FROM kept"));
    }
}
