using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Ends or puts off the deliveries of a commit, one statement for each kind of end. The conditional change of the work row is the
/// fence: what follows from it is written only for the rows that it found.
/// </summary>
internal sealed class WorkWriter(StoreState state)
{
    private const string Attempt = "number, started_at, duration, attempt_category, status_code, error, next_due_at";

    private const string ReturnAttempt =
        "i.number, i.started_at, i.duration, i.attempt_category, i.status_code, i.error, i.next_due_at";

    // What was asked for comes back with the rows that were found, so that nothing is joined a second time.
    private const string InsertAttempts =
        $"""
        INSERT INTO ~attempts (delivery, number, started_at, duration, category, status_code, error, next_due_at)
        SELECT id, {Attempt} FROM changed WHERE number IS NOT NULL
        """;

    private const string CompleteSql = CompleteFound + CompleteRows;

    /// <summary>The same in a transaction of handlers, if the node <c>$13</c> is not taken for dead.</summary>
    public const string CompleteInTransactionOfHandlers = CompleteFound + " AND EXISTS (SELECT 1 FROM ~nodes WHERE id = $13)" + CompleteRows;

    private const string CompleteFound =
        $"""
        WITH changed AS (
            DELETE FROM ~work AS w
            USING unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::text[], $9::bigint[],
                $10::bigint[], $11::integer[], $12::integer[])
                AS i (id, consumer, {Attempt}, at, outcome, attempts)
            WHERE w.consumer = i.consumer AND w.id = i.id
        """;

    private const string CompleteRows =
        $"""
         RETURNING w.id, w.consumer, w.event, w.replay_of, i.at, i.outcome, i.attempts, {ReturnAttempt}),
        tried AS ({InsertAttempts}),
        ended AS (
            INSERT INTO ~outcomes (delivery, consumer, event, outcome, at, attempts, replay_of)
            SELECT id, consumer, event, outcome, at, attempts, replay_of FROM changed)
        SELECT id FROM changed
        """;

    private const string RetrySql =
        $"""
        WITH changed AS (
            UPDATE ~work AS w SET due_at = i.due_at, attempts = i.attempts, failures = i.failures, guarded_starts = 0
            FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::text[], $9::bigint[],
                $10::bigint[], $11::integer[], $12::integer[])
                AS i (id, consumer, {Attempt}, due_at, attempts, failures)
            WHERE w.consumer = i.consumer AND w.id = i.id
            RETURNING w.id, {ReturnAttempt}),
        tried AS ({InsertAttempts})
        SELECT id FROM changed
        """;

    private const string GiveUpSql =
        $"""
        WITH changed AS (
            DELETE FROM ~work AS w
            USING unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::text[], $9::bigint[],
                $10::bigint[], $11::integer[], $12::integer[], $13::text[])
                AS i (id, consumer, {Attempt}, at, attempts, category, reason)
            WHERE w.consumer = i.consumer AND w.id = i.id
            RETURNING w.id, w.consumer, w.event, w.shard, w.ordering_key, w.replay_of, i.at, i.attempts, i.category, i.reason, {ReturnAttempt}),
        tried AS ({InsertAttempts}),
        given AS (
            INSERT INTO ~dead_letters (delivery, consumer, event, integration, type, ordering_key, attempts, category, reason, at, replay_of, shard)
            SELECT id, consumer, event, coalesce((SELECT integration FROM ~events AS e WHERE e.id = event), 0),
                coalesce((SELECT type FROM ~events AS e WHERE e.id = event), ''), ordering_key, attempts, category, reason, at, replay_of, shard
            FROM changed)
        SELECT id FROM changed
        """;

    private readonly HashSet<long> _changed = [];
    private readonly Dictionary<long, WorkCommand> _tried = [];

    public void Begin()
    {
        _changed.Clear();
        _tried.Clear();
    }

    public WriteStatement? Complete(List<CompleteCommand> commands) => Statement(CompleteSql, commands, Completion);

    /// <summary>The first parameters of <see cref="CompleteInTransactionOfHandlers"/>.</summary>
    public static IEnumerable<NpgsqlParameter> ParametersOf(List<CompleteCommand> commands) => Common(commands).Concat(Completion(commands));

    public WriteStatement? PutOff(List<RetryCommand> commands) => Statement(RetrySql, commands, items =>
    [
        P.Int64s([.. items.Select(it => UnixTime.Due(it.DueAt))]),
        P.Int32s([.. items.Select(it => it.Attempts)]),
        P.Int32s([.. items.Select(it => it.Failures)]),
    ]);

    public WriteStatement? GiveUp(List<DeadLetterCommand> commands) => Statement(GiveUpSql, commands, items =>
    [
        P.Int64s([.. items.Select(it => UnixTime.Of(it.At))]),
        P.Int32s([.. items.Select(it => it.Attempt?.Number ?? it.Item.Attempts)]),
        P.Int32s([.. items.Select(it => (int)it.Category)]),
        P.Texts([.. items.Select(it => StoredText.Write(it.Reason))]),
    ]);

    /// <summary>Sets whether this command changed its row.</summary>
    public bool Settle(WorkCommand command) => command.Applied =
        _tried.TryGetValue(command.Item.Id.Key, out var tried) && tried == command && _changed.Contains(command.Item.Id.Key);

    private WriteStatement? Statement<T>(string sql, List<T> commands, Func<List<T>, NpgsqlParameter[]> columns)
        where T : WorkCommand
    {
        // A second end of the same delivery in one commit finds no row.
        var items = commands.FindAll(command => state.Ids.Owns(command.Item.Id) && _tried.TryAdd(command.Item.Id.Key, command));
        return items.Count == 0
            ? null
            : new WriteStatement(sql, [.. Common(items), .. columns(items)], row => _changed.Add(row.GetInt64(0)));
    }

    private static NpgsqlParameter[] Completion(List<CompleteCommand> items) =>
    [
        P.Int64s([.. items.Select(it => UnixTime.Of(it.At))]),
        P.Int32s([.. items.Select(it => (int)it.Outcome)]),
        P.Int32s([.. items.Select(it => it.Attempt?.Number ?? it.Item.Attempts)]),
    ];

    private static NpgsqlParameter[] Common<T>(List<T> items)
        where T : WorkCommand =>
    [
        P.Int64s([.. items.Select(it => it.Item.Id.Key)]),
        P.Int32s([.. items.Select(it => it.Item.Consumer)]),
        P.NullableInt32s([.. items.Select(it => it.Attempt?.Number)]),
        P.Int64s([.. items.Select(it => it.Attempt is { } attempt ? UnixTime.Of(attempt.StartedAt) : 0)]),
        P.Int64s([.. items.Select(it => it.Attempt is { } attempt ? attempt.Duration.Ticks / TimeSpan.TicksPerMicrosecond : 0)]),
        P.Int32s([.. items.Select(it => (int)(it.Attempt?.Category ?? 0))]),
        P.NullableInt32s([.. items.Select(it => it.Attempt?.StatusCode)]),
        P.Texts([.. items.Select(it => StoredText.Write(it.Attempt?.Error))]),
        P.NullableInt64s([.. items.Select(it => it.Attempt?.NextDueAt is { } due ? UnixTime.Due(due) : (long?)null)]),
    ];
}
