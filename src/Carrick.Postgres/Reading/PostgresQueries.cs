using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>The reads of people. Long scans are cut into short reads.</summary>
internal sealed partial class PostgresQueries(PostgresReader reader, StoreState state) : IStoreQueries
{
    // Primary key.
    private const string Attempts = $"SELECT {AttemptRows.Columns} FROM ~attempts WHERE delivery = $1 ORDER BY number LIMIT 1000";

    // Primary key, or index dead_letters_open for a consumer.
    private const string OldestDead = $"{DeliveryRows.FromDead} WHERE {DeadLetterSql.Matches} AND delivery > $8 AND delivery <= $9 ORDER BY delivery LIMIT $10";

    private const string NewestDead = $"{DeliveryRows.FromDead} WHERE {DeadLetterSql.Matches} AND delivery < $8 ORDER BY delivery DESC LIMIT $9";

    // Primary keys.
    private const string Replay = $"SELECT {ReplayRows.Columns} FROM ~replays WHERE id = $1";

    private const string Replays = $"SELECT {ReplayRows.Columns} FROM ~replays WHERE id < $1 ORDER BY id DESC LIMIT $2";

    private const string Keys = $"SELECT {AdminRows.KeyColumns} FROM ~api_keys ORDER BY id";

    private const string Audit = $"SELECT {AdminRows.AuditColumns} FROM ~audit WHERE number < $1 ORDER BY number DESC LIMIT $2";

    private const string Configuration = "SELECT document FROM ~configuration WHERE id = 1";

    public async ValueTask<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(RecordId delivery, CancellationToken cancellationToken) =>
        state.Ids.Owns(delivery)
            ? await reader.ListAsync(Attempts, [P.Int64(delivery.Key)], AttemptRows.Read, cancellationToken).ConfigureAwait(false)
            : [];

    public async ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken) =>
        await reader.ListAsync(
            OldestDead,
            DeadLetterSql.Parameters(state.Ids, filter, P.Int64(after?.Key ?? 0), P.Int64(upTo?.Key ?? long.MaxValue), P.Int32(limit)),
            row => DeliveryRows.Read(row, state),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<DeliveryView>> ListDeadLettersAsync(
        DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        await reader.ListAsync(
            NewestDead,
            DeadLetterSql.Parameters(state.Ids, filter, P.Int64(before?.Key ?? long.MaxValue), P.Int32(limit)),
            row => DeliveryRows.Read(row, state),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var counts = await reader.ListAsync(
            DeadLetterSql.Count,
            DeadLetterSql.Parameters(state.Ids, filter, P.Int64(long.MaxValue)),
            static row => row.GetInt64(0),
            cancellationToken).ConfigureAwait(false);
        return counts[0];
    }

    public async ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken) =>
        state.Ids.Owns(id) && await ListReplaysAsync(Replay, [P.Int64(id.Key)], cancellationToken).ConfigureAwait(false) is [var job] ? job : null;

    public async ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken) =>
        await ListReplaysAsync(Replays, [P.Int64(before?.Key ?? long.MaxValue), P.Int32(limit)], cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken) =>
        await reader.ListAsync(Keys, [], AdminRows.ReadKey, cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) =>
        await reader.ListAsync(
            Audit, [P.Int64(before ?? long.MaxValue), P.Int32(limit)], AdminRows.ReadAudit, cancellationToken).ConfigureAwait(false);

    public async ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) =>
        await reader.ListAsync(Configuration, [], static row => row.Text(0), cancellationToken).ConfigureAwait(false) is [var document] ? document : null;

    private ValueTask<List<DeliveryView>> ListDeliveriesAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        reader.ListByIndexAsync(sql, parameters, row => DeliveryRows.Read(row, state), cancellationToken);

    private ValueTask<List<ReplayJob>> ListReplaysAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        reader.ListAsync(sql, parameters, row => ReplayRows.Read(row, state.Ids), cancellationToken);

    private async ValueTask<long> BoundaryAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        await reader.ListByIndexAsync(sql, parameters, static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false) is [var key] ? key : 0;
}
