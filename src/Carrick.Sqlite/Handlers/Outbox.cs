using Carrick.Handlers;
using Carrick.Sqlite.Raw;

namespace Carrick.Sqlite.Handlers;

/// <summary>The rows of <c>carrick_outbox</c>.</summary>
internal static class Outbox
{
    // A page ends after the message that reaches it.
    private const int BytesOfAPage = 4 * 1024 * 1024;

    public static void Add(Database database, OutboxMessage message)
    {
        var insert = database[
            "INSERT INTO carrick_outbox (integration, message_id, type, subject, version, content_type, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id"]
            .Bind(1, message.Integration).Bind(2, message.MessageId).Bind(3, message.Type).Bind(4, message.Subject)
            .Bind(5, message.Version).Bind(6, message.ContentType).BindBlob(7, message.Body.Span);
        insert.Step();
        message.Id = insert.Int64(0);
        insert.Run();
    }

    public static void Delete(Database database, IReadOnlyList<long> ids)
    {
        var delete = database["DELETE FROM carrick_outbox WHERE id = ?1"];
        foreach (var id in ids)
        {
            delete.Bind(1, id).Run();
        }
    }

    public static IReadOnlyList<OutboxMessage> Read(Database database, long after, int limit)
    {
        var messages = new List<OutboxMessage>();
        var row = database["SELECT id, integration, message_id, type, subject, version, content_type, body FROM carrick_outbox WHERE id > ?1 ORDER BY id LIMIT ?2"]
            .Bind(1, after).Bind(2, limit);
        var bytes = 0L;
        while (bytes < BytesOfAPage && row.Step())
        {
            messages.Add(new OutboxMessage
            {
                Id = row.Int64(0),
                Integration = row.Text(1),
                MessageId = row.Text(2),
                Type = row.Text(3),
                Subject = row.NullableText(4),
                Version = row.NullableInt64(5),
                ContentType = row.Text(6),
                Body = row.Blob(7).ToArray(),
            });
            bytes += messages[^1].Body.Length;
        }

        row.Reset();
        return messages;
    }
}
