using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.IntegrationTests.Services;

public sealed class SmallTablespaceTests
{
    [Fact]
    public async Task Insert_OfMoreThanThereIsRoomFor_IsDiskFullAndSmallOnesStillSucceed()
    {
        var server = await SharedPostgres.GetAsync();
        using var tablespace = SmallTablespace.TryMount(server);
        Assert.SkipWhen(tablespace is null, "This test must be allowed to mount a tmpfs.");
        await using var connection = await Sql.OpenAsync(server.ConnectionString);
        await StoreSchema.MakeAsync(connection, "narrow");
        try
        {
            await connection.RunAsync($"CREATE TABLE narrow.events_1 PARTITION OF narrow.events FOR VALUES FROM (0) TO (100); {Event(1, "'small'")}");

            tablespace.Fill("narrow", kilobytes: 40);

            // Npgsql gives a connection up that was told so.
            var error = await Assert.ThrowsAsync<PostgresException>(() => Sql.RunAsync(server.ConnectionString, Event(2, "repeat('x', 1000000)::bytea")));
            Assert.Equal(PostgresErrorCodes.DiskFull, error.SqlState);
            await connection.RunAsync(Event(3, "'small'"));
            await connection.RunAsync("INSERT INTO narrow.work (id, event, consumer) VALUES (3, 3, 1)");
            await connection.RunAsync("INSERT INTO narrow.attempts (delivery, started_at, duration, number, category) VALUES (3, 1, 1, 1, 1)");
            await connection.RunAsync("INSERT INTO narrow.outcomes (delivery, event, at, consumer, attempts, outcome) VALUES (3, 3, 1, 1, 1, 1)");
            Assert.Equal("1,3", await connection.RunAsync("SELECT string_agg(id::text, ',' ORDER BY id) FROM narrow.events"));
        }
        finally
        {
            await connection.RunAsync("DROP SCHEMA narrow CASCADE");
        }
    }

    private static string Event(int id, string body) =>
        $"INSERT INTO narrow.events (id, integration, received_at, type, message_id, body) VALUES ({id}, 1, 2, 't', 'm', {body})";
}
