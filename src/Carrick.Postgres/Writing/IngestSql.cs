namespace Carrick.Postgres.Writing;

/// <summary>The statements that store the events of a commit.</summary>
internal static class IngestSql
{
    private const string Queued =
        """
        queued AS (
            INSERT INTO ~work (consumer, id, event, ordering_key, shard, handed)
            SELECT consumer, id, event, ordering_key, shard, ($19::bigint >> shard) & 1 = 0
            FROM unnest($14::integer[], $15::bigint[], $16::bigint[], $17::text[], $18::integer[]) AS w (consumer, id, event, ordering_key, shard)
            WHERE event IN (SELECT event FROM fresh))
        """;

    private const string EventArrays =
        "$1::bigint[], $2::integer[], $3::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::bytea[], $13::bytea[]";

    private const string EventColumns = "id, integration, message_id, type, subject, content_type, received_at, version, verdict, trace_parent, headers, body";

    /// <summary>Events whose keys are their message ids. Returns those that are not new, with the event and the hash of the body that were first, if they stand in an earlier commit.</summary>
    public const string Plain =
        $"""
        WITH input AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[]) AS i (id, integration, message_id, body_hash)),
        fresh AS (
            INSERT INTO ~event_keys (event, integration, message_id, body_hash)
            SELECT id, integration, message_id, body_hash FROM input ORDER BY id
            ON CONFLICT (integration, message_id) DO NOTHING RETURNING event),
        stored AS (
            INSERT INTO ~events ({EventColumns})
            SELECT * FROM unnest({EventArrays}) AS e ({EventColumns})
            WHERE e.id IN (SELECT event FROM fresh)),
        {Queued}
        SELECT input.id,
            (SELECT event FROM ~event_keys AS k WHERE k.integration = input.integration AND k.message_id = input.message_id),
            (SELECT body_hash FROM ~event_keys AS k WHERE k.integration = input.integration AND k.message_id = input.message_id)
        FROM input WHERE input.id NOT IN (SELECT event FROM fresh)
        """;

    /// <summary>
    /// The same for a commit in which some event has a key of its own ($20, for the others the message id). A key that is known only as the message id it was in an older schema
    /// ($21, with the hash of the body in $22) is not new. A fourth column names, for new events, the first of an earlier commit with the same body ($23).
    /// </summary>
    public const string Keyed =
        $"""
        WITH input AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::integer[], $20::text[], $4::bigint[], $21::text[], $22::bigint[], $23::bigint[])
                AS i (id, integration, key, body_hash, earlier_id, earlier_hash, shared_body)),
        plain AS MATERIALIZED (
            SELECT id, (
                SELECT event FROM ~event_keys AS k
                WHERE k.integration = input.integration AND k.message_id = input.earlier_id AND k.body_hash = input.earlier_hash
                AND k.event <= (SELECT value FROM ~meta WHERE name = 'plain_keys_to')) AS event
            FROM input WHERE earlier_id IS NOT NULL),
        fresh AS (
            INSERT INTO ~event_keys (event, integration, message_id, body_hash, shared_body)
            SELECT id, integration, key, body_hash, shared_body FROM input
            WHERE id NOT IN (SELECT id FROM plain WHERE event IS NOT NULL) ORDER BY id
            ON CONFLICT (integration, message_id) DO NOTHING RETURNING event),
        stored AS (
            INSERT INTO ~events ({EventColumns}, deduplication_key)
            SELECT {EventColumns}, nullif(key, message_id) FROM unnest({EventArrays}, $20::text[]) AS e ({EventColumns}, key)
            WHERE e.id IN (SELECT event FROM fresh)),
        {Queued}
        SELECT input.id,
            coalesce(plain.event, (SELECT event FROM ~event_keys AS k WHERE k.integration = input.integration AND k.message_id = input.key)),
            CASE WHEN plain.event IS NULL
                THEN (SELECT body_hash FROM ~event_keys AS k WHERE k.integration = input.integration AND k.message_id = input.key)
                ELSE input.body_hash END,
            NULL::bigint
        FROM input LEFT JOIN plain ON plain.id = input.id WHERE input.id NOT IN (SELECT event FROM fresh)
        UNION ALL
        SELECT id, NULL, NULL, first FROM (
            SELECT id, (
                SELECT event FROM ~event_keys AS k WHERE k.integration = input.integration AND k.shared_body = input.shared_body ORDER BY event LIMIT 1) AS first
            FROM input WHERE shared_body IS NOT NULL AND id IN (SELECT event FROM fresh)) AS shared
        WHERE first IS NOT NULL
        """;

    /// <summary>Counts conflicts; an event may be there more than once.</summary>
    public const string CountConflicts =
        """
        UPDATE ~event_keys AS k SET conflicts = k.conflicts + c.times
        FROM (SELECT event, count(*) AS times FROM unnest($1::bigint[]) AS e (event) GROUP BY event) AS c WHERE k.event = c.event
        """;
}
