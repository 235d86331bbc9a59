using Carrick.TestServices.Postgres;

namespace Carrick.IntegrationTests.Services;

public sealed class SchemaCopyTests
{
    [Fact]
    public async Task Copy_OfTheStoresSchema_IsTheSameAndIndependent()
    {
        var server = await SharedPostgres.GetAsync();
        await using var connection = await Sql.OpenAsync(server.ConnectionString);
        await StoreSchema.MakeAsync(connection, "original");
        await connection.RunAsync(
            """
            CREATE TABLE original.journal (id serial PRIMARY KEY, x text);
            CREATE TABLE original.events_1 PARTITION OF original.events FOR VALUES FROM (0) TO (100);
            INSERT INTO original.journal (x) VALUES ('a'), ('b');
            INSERT INTO original.audit (at, actor, action, target) VALUES (1, 'a', 'b', 'c');
            INSERT INTO original.events (id, integration, received_at, type, message_id, body) VALUES (7, 1, 2, 't', 'm', '\x00ff');
            UPDATE original.leases SET epoch = 3;
            SELECT setval('original.ids', 42);
            """);
        var original = await StoreSchema.DescribeAsync(connection, "original");

        SchemaCopy.Make(server.ConnectionString, "original", "copied", "UPDATE ~leases SET epoch = epoch + 1");
        await connection.RunAsync("DROP SCHEMA original CASCADE");

        Assert.Equal(original, await StoreSchema.DescribeAsync(connection, "copied"));
        Assert.Equal("7 \\x00ff", await connection.RunAsync("SELECT concat_ws(' ', id, body) FROM copied.events_1"));
        Assert.Equal(4L, await connection.RunAsync("SELECT epoch FROM copied.leases WHERE shard = 63"));
        Assert.Equal(42L, await connection.RunAsync("SELECT last_value FROM copied.ids"));
        Assert.Equal(3, await connection.RunAsync("INSERT INTO copied.journal (x) VALUES ('c') RETURNING id"));
        Assert.Equal(2L, await connection.RunAsync("INSERT INTO copied.audit (at, actor, action, target) VALUES (1, 'a', 'b', 'c') RETURNING number"));
        Assert.Equal(1, await connection.RunAsync("INSERT INTO copied.integrations (name) VALUES ('billing') RETURNING number"));
    }

    [Fact]
    public async Task Copy_OfASchemaWithAFunction_IsRefused()
    {
        var server = await SharedPostgres.GetAsync();
        await Sql.RunAsync(server.ConnectionString, "CREATE SCHEMA odd; CREATE FUNCTION odd.one() RETURNS integer LANGUAGE sql AS 'SELECT 1'");

        var error = Assert.Throws<NotSupportedException>(() => SchemaCopy.Make(server.ConnectionString, "odd", "never", ""));

        Assert.Contains("one", error.Message, StringComparison.Ordinal);
    }
}
