using Carrick.Hosting;
using Carrick.Postgres;
using Carrick.Postgres.Handlers;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>A database that could refuse something later is refused at the start, with what to do about it; looking at it says the same.</summary>
public sealed class PostgresRequirementTests : IAsyncLifetime
{
    private readonly PostgresTestSchema _schema = new();
    private readonly List<string> _databases = [];
    private readonly List<string> _roles = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _schema.Drop();
        NpgsqlConnection.ClearAllPools();
        _databases.ForEach(name => _schema.Scalar($"DROP DATABASE {name} WITH (FORCE)"));
        _roles.ForEach(name => _schema.Scalar($"DROP OWNED BY {name}; DROP ROLE {name}"));
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("LATIN1")]
    [InlineData("SQL_ASCII")]
    public async Task Open_DatabaseOfAnotherEncoding_IsRefusedWithTheRemedy(string encoding)
    {
        var text = MakeDatabase($"ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
        await using var store = Store(text);

        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.MigrateAsync(Token));

        AssertRefusal(refused, encoding, "createdb --encoding=UTF8");
        await using var handlers = new PostgresHandlerDatabase(new PostgresDatabase(text, new SchemaName(_schema.Name)), 1);
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await handlers.InitializeAsync(Token)), encoding, "createdb");
    }

    [Fact]
    public async Task Open_ConnectionStringThatAsksForAnotherEncoding_StoresEveryTextAllTheSame()
    {
        await using var store = Store(_schema.ConnectionString + ";Client Encoding=LATIN1");
        await store.MigrateAsync(Token);
        await store.OpenAsync(Token);

        var catalog = await store.RegisterAsync(["snow \u2603"], [], Token);

        Assert.Equal("snow \u2603", Assert.Single(catalog.Integrations).Key);
    }

    [Fact]
    public async Task Open_ReadOnlyDatabase_IsRefusedAtEveryStepWithTheRemedy()
    {
        var text = MakeDatabase("");
        await using (var store = Store(text))
        {
            await store.MigrateAsync(Token);
        }

        _schema.Scalar($"ALTER DATABASE {_databases[0]} SET default_transaction_read_only = on");
        await using var readOnly = Store(text);
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await readOnly.CheckAsync(Token)), "read-only", "make room");
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await readOnly.OpenAsync(Token)), "read-only", "make room");
        await using var empty = new PostgresStore(new PostgresDatabase(text, new SchemaName("other")), TimeProvider.System, NullLogger.Instance);
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await empty.MigrateAsync(Token)), "read-only", "make room");
        await using var handlers = new PostgresHandlerDatabase(new PostgresDatabase(text, new SchemaName("other")), 1);
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await handlers.InitializeAsync(Token)), "read-only", "make room");
    }

    [Theory]
    [InlineData("", "ownership of events")]
    [InlineData("GRANT CREATE, USAGE ON SCHEMA ~s TO ~r; ALTER TABLE ~events OWNER TO ~r; GRANT ALL ON ALL SEQUENCES IN SCHEMA ~s TO ~r", "SELECT, INSERT, UPDATE and DELETE on")]
    [InlineData("GRANT USAGE ON SCHEMA ~s TO ~r; ALTER TABLE ~events OWNER TO ~r; GRANT ALL ON ALL TABLES IN SCHEMA ~s TO ~r; GRANT ALL ON ALL SEQUENCES IN SCHEMA ~s TO ~r", "CREATE on the schema")]
    [InlineData("GRANT CREATE, USAGE ON SCHEMA ~s TO ~r; ALTER TABLE ~events OWNER TO ~r; GRANT ALL ON ALL TABLES IN SCHEMA ~s TO ~r", "USAGE, SELECT and UPDATE on ids")]
    public async Task Open_RoleThatMayNotDoAll_IsRefusedAndToldWhatItLacks(string grants, string lacks)
    {
        await using (var owner = Store(_schema.ConnectionString))
        {
            await owner.MigrateAsync(Token);
        }

        var role = _schema.Name + "_role";
        _roles.Add(role);
        _schema.Scalar($"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {_schema.Name} TO {role}; GRANT SELECT ON ~schema_migrations, ~meta TO {role}");
        _schema.Scalar($"{grants.Replace("~s", _schema.Name, StringComparison.Ordinal).Replace("~r", role, StringComparison.Ordinal)}; SELECT 1");
        await using var store = Store(new NpgsqlConnectionStringBuilder(_schema.ConnectionString) { Username = role }.ConnectionString);

        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await store.CheckAsync(Token)), lacks, "grant them");
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await store.OpenAsync(Token)), lacks, "grant them");
    }

    [Fact]
    public async Task Check_SchemaThatIsAsItMustBe_IsFineAndChangesNothing()
    {
        await using var store = Store(_schema.ConnectionString);
        AssertRefusal(await Assert.ThrowsAsync<StoreException>(async () => await store.CheckAsync(Token)), "version 0", "migrations");
        await store.MigrateAsync(Token);

        await store.CheckAsync(Token);

        Assert.Equal(0L, _schema.Scalar("SELECT count(*) FROM ~nodes"));
    }

    private static void AssertRefusal(StoreException refused, params string[] texts)
    {
        Assert.Equal(StoreFailure.Configuration, refused.Failure);
        Assert.All(texts, text => Assert.Contains(text, refused.Message, StringComparison.Ordinal));
    }

    private PostgresStore Store(string connectionString) =>
        new(new PostgresDatabase(connectionString, new SchemaName(_schema.Name)), TimeProvider.System, NullLogger.Instance);

    private string MakeDatabase(string options)
    {
        var name = _schema.Name + "_db";
        _databases.Add(name);
        _schema.Scalar($"CREATE DATABASE {name} {options}");
        return new NpgsqlConnectionStringBuilder(_schema.ConnectionString) { Database = name, Pooling = false }.ConnectionString;
    }
}
