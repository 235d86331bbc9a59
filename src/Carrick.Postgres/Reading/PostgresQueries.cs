using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>The reads of people. Long scans are cut into short reads.</summary>
/// <param name="reader">For what is found by its key.</param>
/// <param name="searches">For lists.</param>
/// <param name="state">Ids and names.</param>
/// <param name="time">The clock that ends a search.</param>
internal sealed partial class PostgresQueries(PostgresReader reader, PostgresReader searches, StoreState state, TimeProvider time) : IStoreQueries
{
    // Primary key.
    private const string Attempts = $"SELECT {AttemptRows.Columns} FROM ~attempts WHERE delivery = $1 ORDER BY number LIMIT 1000";

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
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken)
    {
        var found = new List<DeliveryView>();
        var (last, next) = (upTo?.Key ?? long.MaxValue, after?.Key ?? (long?)0);
        while (next is { } position && found.Count < limit)
        {
            next = await DeadLetterSql.FindEndAsync(reader, position, last, cancellationToken).ConfigureAwait(false);
            found.AddRange(await reader.ListByIndexAsync(
                DeadLetterSql.Oldest,
                DeadLetterSql.Parameters(state.Ids, filter, P.Int64(position), P.Int64(next ?? last), P.Int32(limit - found.Count)),
                row => DeliveryRows.Read(row, state),
                cancellationToken).ConfigureAwait(false));
        }

        return found;
    }

    public async ValueTask<ListPage<DeliveryView>> ListDeadLettersAsync(
        DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var scan = new PostgresScan<DeliveryView>(
            searches, DeadLetterSql.Newest, () => DeadLetterSql.Parameters(state.Ids, filter), row => DeliveryRows.Read(row, state), view => view.Id.Key);
        var scanned = await new ListScan(time).RunAsync(
            scan, BlockQuery.Deliveries(null, null), before?.Key ?? long.MaxValue, limit + 1, cancellationToken).ConfigureAwait(false);
        return ListScan.Page(scanned, limit, view => view.Id, state.Ids.Make);
    }

    public async ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var (count, next) = (0L, (long?)0);
        while (next is { } position)
        {
            next = await DeadLetterSql.FindEndAsync(searches, position, long.MaxValue, cancellationToken).ConfigureAwait(false);
            var counts = await searches.ListByIndexAsync(
                DeadLetterSql.Count,
                DeadLetterSql.Parameters(state.Ids, filter, P.Int64(position), P.Int64(next ?? long.MaxValue)),
                static row => row.GetInt64(0),
                cancellationToken).ConfigureAwait(false);
            count += counts[0];
        }

        return count;
    }

    public async ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken) =>
        state.Ids.Owns(id) && await ListReplaysAsync(Replay, [P.Int64(id.Key)], cancellationToken).ConfigureAwait(false) is [var job] ? job : null;

    public async ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken) =>
        await ListReplaysAsync(Replays, [P.Int64(before?.Key ?? long.MaxValue), P.Int32(limit)], cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken) =>
        await reader.ListAsync(Keys, [], AdminRows.ReadKey, cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) =>
        await searches.ListAsync(
            Audit, [P.Int64(before ?? long.MaxValue), P.Int32(limit)], AdminRows.ReadAudit, cancellationToken).ConfigureAwait(false);

    public async ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) =>
        await reader.ListAsync(Configuration, [], static row => row.Text(0), cancellationToken).ConfigureAwait(false) is [var document] ? document : null;

    private ValueTask<List<ReplayJob>> ListReplaysAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        reader.ListAsync(sql, parameters, row => ReplayRows.Read(row, state.Ids), cancellationToken);
}
