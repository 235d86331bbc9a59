namespace Carrick.Sqlite.Handlers;

/// <summary>The tables that Carrick needs in a handler's database. They only ever gain columns: new ones are made whole, and old ones get what they lack.</summary>
internal static class HandlerSchema
{
    /// <summary>1 if the outbox has a column for versions.</summary>
    public const string HasOutboxVersion = "SELECT count(*) FROM pragma_table_info('carrick_outbox') WHERE name = 'version'";

    /// <summary>Gives it one.</summary>
    public const string AddOutboxVersion = "ALTER TABLE carrick_outbox ADD COLUMN version INTEGER;";

    public const string Sql =
        """
        -- The ledger: who has processed which message.
        CREATE TABLE IF NOT EXISTS processed_events (
            consumer     TEXT NOT NULL,
            integration  TEXT NOT NULL,
            message_id   TEXT NOT NULL,
            processed_at INTEGER NOT NULL,
            PRIMARY KEY (consumer, integration, message_id)
        ) WITHOUT ROWID;

        -- The newest version applied to each subject, for late events.
        CREATE TABLE IF NOT EXISTS processed_versions (
            consumer TEXT NOT NULL,
            subject  TEXT NOT NULL,
            version  INTEGER NOT NULL,
            PRIMARY KEY (consumer, subject)
        ) WITHOUT ROWID;

        -- Messages published by handlers and not yet relayed. A number is never given twice, so a relay cannot delete a later message.
        CREATE TABLE IF NOT EXISTS carrick_outbox (
            id           INTEGER PRIMARY KEY AUTOINCREMENT,
            integration  TEXT NOT NULL,
            message_id   TEXT NOT NULL,
            type         TEXT NOT NULL,
            subject      TEXT,
            content_type TEXT NOT NULL,
            body         BLOB NOT NULL,
            version      INTEGER
        );
        """;
}
