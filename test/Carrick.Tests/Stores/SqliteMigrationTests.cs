using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Schema;
using DbUp.Engine;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteMigrationTests : IAsyncLifetime
{
    private static readonly SqlScript First = new("0001_first", "CREATE TABLE first (x); CREATE TABLE other (x);");
    private readonly SqliteHarness _harness = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public void Run_WithANewScript_RunsOnlyThat()
    {
        using var database = Open();
        Assert.Equal(["0001_first"], MigrationRunner.Run(database, "x", [First]));

        var ran = MigrationRunner.Run(database, "x", [First, new SqlScript("0002_second", "ALTER TABLE first ADD COLUMN y DEFAULT '$kept$'")]);

        Assert.Equal(["0002_second"], ran);
        MigrationRunner.Verify(database, "x", [First, new SqlScript("0002_second", "")]);
    }

    [Fact]
    public void Run_WithAScriptThatFails_LeavesNothingBehind()
    {
        using var database = Open();

        Assert.Throws<SqliteException>(() => MigrationRunner.Run(database, "x", [First, new SqlScript("0002_bad", "CREATE TABLE second (x); SELECT nonsense;")]));

        Assert.Equal("0", database.ReadText("SELECT count(*) FROM sqlite_master WHERE name IN ('first', 'second', 'other')"));
        Assert.Equal(["0001_first"], MigrationRunner.Run(database, "x", [First]));
    }

    [Fact]
    public void Run_HoldsTheWriteLock()
    {
        using var database = Open();
        using var other = Open();
        other.Execute("PRAGMA busy_timeout = 0");
        database.Connection.CreateFunction("probe", () =>
        {
            var error = Assert.Throws<SqliteException>(() => other.Connection.BeginTransaction(deferred: false).Dispose());
            return error.SqliteErrorCode;
        });

        MigrationRunner.Run(database, "x", [new SqlScript("0001_probe", "CREATE TABLE result AS SELECT probe() AS code")]);

        Assert.Equal("5", database.ReadText("SELECT code FROM result"));
    }

    [Fact]
    public void Verify_OfAnOlderSchema_AsksForTheMigrations()
    {
        using var database = Open();
        MigrationRunner.Run(database, "x", [First]);

        var error = Assert.Throws<StoreException>(() => MigrationRunner.Verify(database, "x", [First, new SqlScript("0002_second", "")]));

        Assert.Equal(StoreFailure.Configuration, error.Failure);
        Assert.Contains("Run the migrations", error.Message, StringComparison.Ordinal);
    }

    private Database Open() => Database.Open($"Data Source={_harness.DatabasePath};Pooling=False;Default Timeout=1", "PRAGMA journal_mode = WAL");
}
