using System.Data.Common;
using Carrick.Hosting;
using Carrick.Tests.Stores;
using Microsoft.Data.Sqlite;

namespace Carrick.Tests.Engine;

public abstract class SqliteEndlessHandlerCompliance(string file) : EndlessHandlerCompliance
{
    private readonly TemporaryFolder _folder = new();

    protected override string Effects => "effects";

    protected override string EndlessStatement =>
        "INSERT INTO effects SELECT 'endless' FROM (WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n) WHERE x < 0";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override void Choose(CarrickBuilder carrick) => carrick.UseSqlite($"Data Source={_folder.Path}/carrick.db");

    protected override Task CreateEffectsAsync() => ExecuteAsync("CREATE TABLE IF NOT EXISTS effects (message TEXT)");

    protected override async Task<DbConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"Data Source={_folder.Path}/{file};Pooling=false");
        await connection.OpenAsync(Token);
        return connection;
    }
}

public sealed class SqliteEndlessHandlerTests() : SqliteEndlessHandlerCompliance("carrick.handlers.db");

public sealed class SqliteEngineEndlessHandlerTests() : SqliteEndlessHandlerCompliance("carrick.db")
{
    protected override void Choose(CarrickBuilder carrick)
    {
        base.Choose(carrick);
        carrick.UseEngineDatabaseForHandlers();
    }
}

public abstract class PostgresEndlessHandlerCompliance : EndlessHandlerCompliance
{
    private readonly PostgresTestSchema _schema = new();

    protected override string Effects => $"{_schema.Name}.effects";

    protected override string EndlessStatement => "SELECT pg_sleep(3600)";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _schema.Drop();
        GC.SuppressFinalize(this);
    }

    protected override void Choose(CarrickBuilder carrick) =>
        carrick.UsePostgres(_schema.ConnectionString, options => (options.Schema, options.HandlerSessions) = (_schema.Name, 2));

    protected override Task CreateEffectsAsync() => ExecuteAsync($"CREATE TABLE IF NOT EXISTS {Effects} (message text)");

    protected override Task<DbConnection> ConnectAsync() => Task.FromResult<DbConnection>(_schema.Connect(""));

    protected void ChooseOwn(CarrickBuilder carrick) =>
        carrick.UsePostgresHandlerDatabase(_schema.ConnectionString, options => (options.Schema, options.HandlerSessions) = (_schema.Name, 2));
}

public sealed class PostgresEngineEndlessHandlerTests : PostgresEndlessHandlerCompliance;

public sealed class PostgresEndlessHandlerTests : PostgresEndlessHandlerCompliance
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override void Choose(CarrickBuilder carrick)
    {
        carrick.UseSqlite($"Data Source={_folder.Path}/carrick.db");
        ChooseOwn(carrick);
    }
}
