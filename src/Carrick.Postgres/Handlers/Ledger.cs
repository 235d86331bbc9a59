using Carrick.Handlers;
using Carrick.Postgres.Raw;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <summary>The statements of ledger and outbox. What was written decides, not what was read before.</summary>
internal static class Ledger
{
    /// <summary>1 if the message is new; the row of another transaction that has not ended is waited for.</summary>
    public const string Insert =
        """
        INSERT INTO ~processed_events (consumer, integration, message_id, processed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (consumer, integration, message_id) DO NOTHING
        """;

    /// <summary>Those of the messages that are new. In the order of the key, so that two sessions with the same messages do not wait for each other.</summary>
    public const string InsertAll =
        """
        INSERT INTO ~processed_events (consumer, integration, message_id, processed_at)
        SELECT consumer, integration, message_id, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS i (consumer, integration, message_id)
        ORDER BY consumer COLLATE "C", integration COLLATE "C", message_id COLLATE "C"
        ON CONFLICT (consumer, integration, message_id) DO NOTHING RETURNING consumer, integration, message_id
        """;

    /// <summary>Takes back what <see cref="InsertAll"/> has added for a delivery that has failed since.</summary>
    public const string Forget = "DELETE FROM ~processed_events WHERE consumer = $1 AND integration = $2 AND message_id = $3";

    /// <summary>What only the deferred trigger on the ledger looks at: handlers may be running, or have all ended.</summary>
    public const string HandlersRun = "SELECT set_config('carrick.handlers', 'run', true), pg_current_xact_id()::text";

    /// <summary>1 if the version is not older than the newest applied.</summary>
    public const string RaiseVersion =
        """
        INSERT INTO ~processed_versions AS known (consumer, subject, version) VALUES ($1, $2, $3)
        ON CONFLICT (consumer, subject) DO UPDATE SET version = excluded.version WHERE excluded.version >= known.version
        """;

    public const string AddToOutbox =
        """
        INSERT INTO ~carrick_outbox (integration, message_id, type, subject, version, content_type, body) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
        """;

    public const string DeleteFromOutbox = "DELETE FROM ~carrick_outbox WHERE id = ANY ($1)";

    /// <summary>A page ends after the message that reaches $3 bytes. The length of a body is known without reading it.</summary>
    public const string ReadOutbox =
        """
        SELECT id, integration, message_id, type, subject, version, content_type, body
        FROM (
            SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
            FROM (SELECT * FROM ~carrick_outbox WHERE id > $1 ORDER BY id LIMIT $2) AS page) AS sized
        WHERE bytes_before < $3 ORDER BY id
        """;

    /// <summary>Answers the last row of a full window. By primary key, so that no index by time is paid for on every insert.</summary>
    public const string Prune =
        """
        WITH seen AS MATERIALIZED (
            SELECT consumer, integration, message_id, processed_at FROM ~processed_events
            WHERE (consumer, integration, message_id) > ($1, $2, $3) ORDER BY consumer, integration, message_id LIMIT $4),
        gone AS (
            DELETE FROM ~processed_events AS p USING seen AS s
            WHERE s.processed_at < $5 AND (p.consumer, p.integration, p.message_id) = (s.consumer, s.integration, s.message_id))
        SELECT consumer, integration, message_id FROM seen ORDER BY consumer, integration, message_id LIMIT 1 OFFSET $4 - 1
        """;

    public static NpgsqlParameter[] ParametersOf(LedgerEntry entry) =>
        [P.Text(entry.Consumer), P.Text(entry.Integration), P.Text(entry.MessageId), P.Int64(UnixTime.Of(entry.At))];

    public static NpgsqlParameter[] ParametersOf(IReadOnlyList<LedgerEntry> entries) =>
    [
        P.Texts([.. entries.Select(entry => StoredText.Write(entry.Consumer))]),
        P.Texts([.. entries.Select(entry => StoredText.Write(entry.Integration))]),
        P.Texts([.. entries.Select(entry => StoredText.Write(entry.MessageId))]),
        P.Int64(UnixTime.Of(entries[0].At)),
    ];

    public static NpgsqlParameter[] ParametersOf(OutboxMessage message) =>
    [
        P.Text(message.Integration), P.Text(message.MessageId), P.Text(message.Type), P.Text(message.Subject), P.Int64(message.Version),
        P.Text(message.ContentType), P.Bytes(message.Body),
    ];

    public static OutboxMessage ReadMessage(NpgsqlDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Integration = StoredText.Read(row.GetString(1)),
        MessageId = StoredText.Read(row.GetString(2)),
        Type = StoredText.Read(row.GetString(3)),
        Subject = StoredText.Read(row.IsDBNull(4) ? null : row.GetString(4)),
        Version = row.IsDBNull(5) ? null : row.GetInt64(5),
        ContentType = StoredText.Read(row.GetString(6)),
        Body = row.GetFieldValue<byte[]>(7),
    };

    public static LedgerCursor ReadCursor(NpgsqlDataReader row) =>
        new(StoredText.Read(row.GetString(0)), StoredText.Read(row.GetString(1)), StoredText.Read(row.GetString(2)));
}
