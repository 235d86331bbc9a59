using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;

namespace Carrick.Sqlite.Reading;

/// <summary>The three places where a delivery can be, each by its primary key.</summary>
internal sealed class DeliveryScans(ReaderPool pool, StoreState state, DeliveryFilter filter, int? consumer, int? integration) : IDeliveryScans
{
    private const string WorkBoundary = "SELECT id FROM work WHERE consumer = ?3 AND id < ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2";

    private const string WorkWindow =
        $"""
        {DeliveryRows.FromWork} WHERE work.consumer = ?4 AND work.id >= ?1 AND work.id < ?2
        AND (?5 IS NULL OR (work.attempts > 0) = ?5) AND (?6 IS NULL OR events.integration = ?6)
        ORDER BY work.id DESC LIMIT ?3
        """;

    private const string DeadBoundary = "SELECT delivery FROM dead_letters WHERE delivery < ?1 ORDER BY delivery DESC LIMIT 1 OFFSET ?2";

    private const string DeadWindow =
        $"""
        {DeliveryRows.FromDead} WHERE delivery >= ?1 AND delivery < ?2
        AND (?4 IS NULL OR consumer = ?4) AND (?5 IS NULL OR integration = ?5)
        ORDER BY delivery DESC LIMIT ?3
        """;

    private const string OutcomeBoundary = "SELECT delivery FROM outcomes WHERE delivery < ?1 ORDER BY delivery DESC LIMIT 1 OFFSET ?2";

    private const string OutcomeWindow =
        $"""
        {DeliveryRows.FromOutcomes} WHERE outcomes.delivery >= ?1 AND outcomes.delivery < ?2
        AND (?4 IS NULL OR outcomes.consumer = ?4) AND (?5 IS NULL OR events.integration = ?5)
        ORDER BY outcomes.delivery DESC LIMIT ?3
        """;

    public ValueTask<IReadOnlyList<int>> ReadBusyAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(0, static (database, _) => (IReadOnlyList<int>)WorkRows.Busy(database), cancellationToken);

    public IScanSource<DeliveryView> Work(int number)
    {
        long? tried = filter.State switch { DeliveryState.Pending => 0, DeliveryState.Retrying => 1, _ => null };
        return Scan(
            new ScanSql(WorkBoundary, WorkWindow, number),
            statement => statement.Bind(4, number).Bind(5, tried).Bind(6, (long?)integration),
            row => DeliveryRows.ReadWork(row, state));
    }

    public IScanSource<DeliveryView> DeadLetters => Scan(
        new ScanSql(DeadBoundary, DeadWindow),
        statement => statement.Bind(4, (long?)consumer).Bind(5, (long?)integration),
        row => DeliveryRows.ReadDead(row, state));

    public IScanSource<DeliveryView> Outcomes => Scan(
        filter.Outcome is { } outcome ? OfOutcome(outcome) : new ScanSql(OutcomeBoundary, OutcomeWindow),
        statement => statement.Bind(4, (long?)consumer).Bind(5, (long?)integration),
        row => DeliveryRows.ReadOutcomes(row, state));

    // A number in the text, so that those who are rare are found by the index outcomes_unusual.
    private static ScanSql OfOutcome(int outcome) => new(
        OutcomeBoundary.Replace("WHERE", $"WHERE outcome = {outcome} AND", StringComparison.Ordinal),
        OutcomeWindow.Replace("WHERE", $"WHERE outcomes.outcome = {outcome} AND", StringComparison.Ordinal));

    private SqliteScan<DeliveryView> Scan(ScanSql sql, Func<Statement, Statement> bind, Func<Statement, IReadOnlyList<DeliveryView>> read) =>
        new(pool, sql, bind, read, view => view.Id.Key);
}
