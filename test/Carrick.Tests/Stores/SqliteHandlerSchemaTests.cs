using Carrick.Sqlite.Handlers;
using Carrick.Sqlite.Raw;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteHandlerSchemaTests
{
    [Fact]
    public async Task Initialize_OfAnOutboxWithoutVersions_AddsThemAndKeepsItsMessages()
    {
        await using var files = new SqliteHarness();
        await using (var connection = new SqliteConnection(files.ConnectionString + ";Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            using var command = connection.CreateCommand();
            command.CommandText =
                """
                CREATE TABLE carrick_outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, integration TEXT NOT NULL, message_id TEXT NOT NULL, type TEXT NOT NULL,
                    subject TEXT, content_type TEXT NOT NULL, body BLOB NOT NULL);
                INSERT INTO carrick_outbox (integration, message_id, type, subject, content_type, body) VALUES ('billing', 'm1', 'a', 's', 'text/plain', x'0001');
                """;
            command.ExecuteNonQuery();
        }

        await using var database = new SqliteHandlerDatabase(new SqliteFile(files.ConnectionString));
        await database.InitializeAsync(TestContext.Current.CancellationToken);
        await database.InitializeAsync(TestContext.Current.CancellationToken);

        var message = Assert.Single(await database.ReadOutboxAsync(0, 10, TestContext.Current.CancellationToken));
        Assert.Equal(("m1", "s", null, "text/plain"), (message.MessageId, message.Subject, message.Version, message.ContentType));
        Assert.Equal([0, 1], message.Body.ToArray());
    }
}
