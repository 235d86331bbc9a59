using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>The reads of people. Long scans are cut into short reads, so that none keeps the log from being emptied.</summary>
internal sealed partial class SqliteQueries(ReaderPool pool, StoreState state) : IStoreQueries
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
        pool.ReadAsync(
            (state.Ids, before, limit),
            static (database, it) => ReplayRows.Read(
                database[$"SELECT {ReplayRows.Columns} FROM replays WHERE id < ?1 ORDER BY id DESC LIMIT ?2"]
                    .Bind(1, it.before?.Key ?? long.MaxValue).Bind(2, it.limit),
                it.Ids),
            cancellationToken);

    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(0, static (database, _) => AdminRows.ReadApiKeys(database), cancellationToken);

    public ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) =>
        pool.ReadAsync((before, limit), static (database, it) => AdminRows.ReadAudit(database, it.before, it.limit), cancellationToken);

    public ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(0, static (database, _) => AdminRows.ReadConfiguration(database), cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state, filter, after, upTo, limit),
            static (database, it) => DeliveryRows.ReadDead(
                DeadLetterSql.Bind(
                    database[$"SELECT {DeliveryRows.DeadColumns} FROM dead_letters WHERE {DeadLetterSql.Matches} AND delivery > ?8 AND delivery <= ?9 ORDER BY delivery LIMIT ?10"],
                    it.state.Ids,
                    it.filter).Bind(8, it.after?.Key ?? 0).Bind(9, it.upTo?.Key ?? long.MaxValue).Bind(10, it.limit),
                it.state),
            cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryView>> ListDeadLettersAsync(
        DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state, filter, before, limit),
            static (database, it) => DeliveryRows.ReadDead(
                DeadLetterSql.Bind(
                    database[$"SELECT {DeliveryRows.DeadColumns} FROM dead_letters WHERE {DeadLetterSql.Matches} AND delivery < ?8 ORDER BY delivery DESC LIMIT ?9"],
                    it.state.Ids,
                    it.filter).Bind(8, it.before?.Key ?? long.MaxValue).Bind(9, it.limit),
                it.state),
            cancellationToken);

    public ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state.Ids, filter), static (database, it) => DeadLetterSql.Count(database, it.Ids, it.filter, upTo: null), cancellationToken);
}
