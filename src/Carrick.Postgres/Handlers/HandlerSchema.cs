namespace Carrick.Postgres.Handlers;

/// <summary>The tables that Carrick needs in a handler's database, in a schema of their own. They only ever gain columns.</summary>
internal static class HandlerSchema
{
    public const string Sql =
        """
        -- The ledger: who has processed which message.
        CREATE TABLE IF NOT EXISTS ~processed_events (
            processed_at bigint NOT NULL,
            consumer     text COLLATE "C" NOT NULL,
            integration  text COLLATE "C" NOT NULL,
            message_id   text COLLATE "C" NOT NULL,
            PRIMARY KEY (consumer, integration, message_id)
        );

        -- The newest version applied to each subject, for late events.
        CREATE TABLE IF NOT EXISTS ~processed_versions (
            version  bigint NOT NULL,
            consumer text COLLATE "C" NOT NULL,
            subject  text COLLATE "C" NOT NULL,
            PRIMARY KEY (consumer, subject)
        );

        -- Messages published by handlers and not yet relayed. A number is never given twice, so a relay cannot delete a later message.
        CREATE TABLE IF NOT EXISTS ~carrick_outbox (
            id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            version      bigint,
            integration  text NOT NULL,
            message_id   text NOT NULL,
            type         text NOT NULL,
            subject      text,
            content_type text NOT NULL,
            body         bytea NOT NULL
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
        """;
}
