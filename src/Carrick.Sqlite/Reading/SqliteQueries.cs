using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;

namespace Carrick.Sqlite.Reading;

/// <summary>The reads of people. Long scans are cut into short reads, so that none keeps the log from being emptied.</summary>
/// <param name="pool">For what is found by its key.</param>
/// <param name="searches">For lists.</param>
/// <param name="state">Ids and names.</param>
/// <param name="time">The clock that ends a search.</param>
internal sealed partial class SqliteQueries(ReaderPool pool, ReaderPool searches, StoreState state, TimeProvider time) : IStoreQueries
{
    public ValueTask<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(RecordId delivery, CancellationToken cancellationToken) =>
        pool.ReadAsync((state.Ids, delivery), static (database, it) => AttemptRows.Read(database, it.Ids, it.delivery), cancellationToken);

    public ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken) => !state.Ids.Owns(id)
        ? ValueTask.FromResult<ReplayJob?>(null)
        : pool.ReadAsync(
            (state.Ids, id),
            static (database, it) =>
                ReplayRows.Read(database[$"SELECT {ReplayRows.Columns} FROM replays WHERE id = ?1"].Bind(1, it.id.Key), it.Ids) is [var job, ..] ? job : null,
            cancellationToken);

    public ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken) =>
        searches.ReadAsync(
            (state.Ids, before, limit),
            static (database, it) => ReplayRows.Read(
                database[$"SELECT {ReplayRows.Columns} FROM replays WHERE id < ?1 ORDER BY id DESC LIMIT ?2"]
                    .Bind(1, it.before?.Key ?? long.MaxValue).Bind(2, it.limit),
                it.Ids),
            cancellationToken);

    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(0, static (database, _) => AdminRows.ReadApiKeys(database), cancellationToken);

    public ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) =>
        searches.ReadAsync((before, limit), static (database, it) => AdminRows.ReadAudit(database, it.before, it.limit), cancellationToken);

    public ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(0, static (database, _) => AdminRows.ReadConfiguration(database), cancellationToken);

    public async ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken)
    {
        var found = new List<DeliveryView>();
        long? next = after?.Key ?? 0;
        while (next is { } position && found.Count < limit)
        {
            (var items, next) = await pool.ReadAsync(
                (state, filter, position, upTo: upTo?.Key ?? long.MaxValue, room: limit - found.Count),
                static (database, it) => DeadLetterSql.ReadWindow(database, it.state, it.filter, it.position, it.upTo, it.room),
                cancellationToken).ConfigureAwait(false);
            found.AddRange(items);
        }

        return found;
    }

    public async ValueTask<ListPage<DeliveryView>> ListDeadLettersAsync(
        DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var scanned = await new ListScan(time).RunAsync(
            DeadLetterSql.Scan(searches, state, filter), BlockQuery.Deliveries(null, null), before?.Key ?? long.MaxValue, limit + 1, cancellationToken).ConfigureAwait(false);
        return ListScan.Page(scanned, limit, view => view.Id, state.Ids.Make);
    }

    public async ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var count = 0L;
        long? next = 0;
        while (next is { } position)
        {
            (var matching, next) = await searches.ReadAsync(
                (state.Ids, filter, position), static (database, it) => DeadLetterSql.CountWindow(database, it.Ids, it.filter, it.position), cancellationToken).ConfigureAwait(false);
            count += matching;
        }

        return count;
    }
}
