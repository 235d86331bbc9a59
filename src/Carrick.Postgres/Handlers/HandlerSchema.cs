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

        -- A transaction of handlers holds ledger rows of deliveries that have not run yet. Should a handler commit it, they would pass for processed.
        -- Made once, because only the owner may replace a function.
        DO $make$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = '~processed_events'::regclass AND tgname = 'refuse_commit_of_handler') THEN
                CREATE OR REPLACE FUNCTION ~refuse_commit_of_handler() RETURNS trigger LANGUAGE plpgsql AS $body$
                BEGIN
                    IF current_setting('carrick.handlers', true) = 'run' THEN
                        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_termination', MESSAGE = 'A handler must not commit its transaction, nor SET CONSTRAINTS ALL.';
                    END IF;
                    RETURN NULL;
                END $body$;
                CREATE CONSTRAINT TRIGGER refuse_commit_of_handler AFTER INSERT ON ~processed_events
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ~refuse_commit_of_handler();
            END IF;
        END $make$;
        """;
}
