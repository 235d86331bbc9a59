namespace Carrick.Benchmarks.Peers;

/// <summary>Jobs that are due in a week, as rows of each peer's own tables: by SQL, because one by one would take hours. The body is short, so that the tables fit in memory.</summary>
internal static class DelayedJobs
{
    private const string Body = """{"type":"invoice.paid","timestamp":"2026-01-01T00:00:00Z","data":{"customer":"cus_00000"}}""";

    // Ids of a moment before the first event, in its day's partition. A delivery waits after a failed attempt, as most delayed deliveries do.
    private const string Carrick =
        $$"""
        WITH base AS (SELECT min(id) - 2 * @jobs - 2 AS id, min(integration) AS integration, min(received_at) AS at FROM carrick.events),
        added AS (
            INSERT INTO carrick.events (id, integration, received_at, type, message_id, content_type, verdict, headers, body)
            SELECT base.id + 2 * g, integration, at, 'invoice.paid', 'msg_delayed_' || g, 'application/json', 'standard-webhooks/v1#1', NULL, convert_to('{{Body}}', 'UTF8')
            FROM base, generate_series(1, @jobs) AS g),
        known AS (
            INSERT INTO carrick.event_keys (event, body_hash, integration, message_id)
            SELECT base.id + 2 * g, 0, integration, 'msg_delayed_' || g FROM base, generate_series(1, @jobs) AS g)
        INSERT INTO carrick.work (id, event, due_at, consumer, attempts, failures)
        SELECT base.id + 2 * g + 1, base.id + 2 * g, extract(epoch FROM now() + interval '7 days')::bigint * 1000, (SELECT min(number) FROM carrick.consumers), 1, 1
        FROM base, generate_series(1, @jobs) AS g
        """;

    private const string PgBoss =
        $$"""
        INSERT INTO pgboss.job (name, data, start_after, policy, retry_limit)
        SELECT 'webhooks', jsonb_build_object('id', 'msg_delayed_' || g, 'acceptedAt', 0, 'key', 'cus_00000', 'fails', 0, 'body', '{{Body}}'::text), now() + interval '7 days', 'standard', 5
        FROM generate_series(1, @jobs) AS g
        """;

    private const string GraphileWorker =
        $$"""
        INSERT INTO graphile_worker._private_jobs (task_id, payload, run_at, max_attempts, key)
        SELECT tasks.id, json_build_object('id', 'msg_delayed_' || g, 'acceptedAt', 0, 'key', 'cus_00000', 'fails', 0, 'body', '{{Body}}'::text), now() + interval '7 days', 6, 'msg_delayed_' || g
        FROM graphile_worker._private_tasks AS tasks, generate_series(1, @jobs) AS g WHERE tasks.identifier = 'webhook'
        """;

    // The call is that of a job that was done.
    private const string Hangfire =
        $$"""
        WITH sample AS (SELECT invocationdata FROM hangfire.job LIMIT 1),
        added AS (
            INSERT INTO hangfire.job (statename, invocationdata, arguments, createdat)
            SELECT 'Scheduled', sample.invocationdata, jsonb_build_array('"msg_delayed_' || g || '"', '0.0', to_json('{{Body}}'::text)::text, 'null'), now()
            FROM sample, generate_series(1, @jobs) AS g RETURNING id),
        said AS (
            INSERT INTO hangfire.state (jobid, name, createdat, data)
            SELECT id, 'Scheduled', now(), '{}'::jsonb FROM added RETURNING jobid)
        INSERT INTO hangfire.set (key, score, value)
        SELECT 'schedule', extract(epoch FROM now() + interval '7 days'), jobid::text FROM said
        """;

    /// <returns>The statement, with <c>@jobs</c> for their number; <see langword="null"/> if the peer has no delayed jobs in PostgreSQL.</returns>
    public static string? Sql(Peer peer) => peer.Name switch
    {
        PeerCatalog.Carrick => Carrick,
        "pg-boss" => PgBoss,
        "graphile-worker" => GraphileWorker,
        "hangfire" => Hangfire,
        _ => null,
    };
}
