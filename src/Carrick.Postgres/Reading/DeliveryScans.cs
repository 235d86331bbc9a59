using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>The three places where a delivery can be, each by its primary key.</summary>
internal sealed class DeliveryScans(PostgresReader reader, StoreState state, DeliveryFilter filter, int? consumer, int? integration) : IDeliveryScans
{
    // One seek of the primary key for each.
    private const string Busy =
        """
        WITH RECURSIVE busy(consumer) AS (
            (SELECT consumer FROM ~work ORDER BY consumer LIMIT 1)
            UNION ALL
            SELECT (SELECT w.consumer FROM ~work AS w WHERE w.consumer > busy.consumer ORDER BY w.consumer LIMIT 1) FROM busy WHERE busy.consumer IS NOT NULL)
        SELECT consumer FROM busy WHERE consumer IS NOT NULL
        """;

    private const string WorkBoundary = "SELECT id FROM ~work WHERE consumer = $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3";

    private const string WorkWindow =
        $"""
        {DeliveryRows.FromWork} WHERE work.consumer = $1
        AND ($2::boolean IS NULL OR (work.attempts > 0) = $2) AND ($3::integer IS NULL OR events.integration = $3)
        AND work.id >= $4 AND work.id < $5 ORDER BY work.id DESC LIMIT $6
        """;

    private const string DeadBoundary = "SELECT delivery FROM ~dead_letters WHERE delivery < $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2";

    private const string DeadWindow =
        $"""
        {DeliveryRows.FromDead} WHERE ($1::integer IS NULL OR consumer = $1) AND ($2::integer IS NULL OR integration = $2)
        AND delivery >= $3 AND delivery < $4 ORDER BY delivery DESC LIMIT $5
        """;

    private const string OutcomeBoundary = "SELECT delivery FROM ~outcomes WHERE delivery < $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2";

    private const string OutcomeWindow =
        $"""
        {DeliveryRows.FromOutcomes} WHERE ($1::integer IS NULL OR outcomes.consumer = $1) AND ($2::integer IS NULL OR events.integration = $2)
        AND outcomes.delivery >= $3 AND outcomes.delivery < $4 ORDER BY outcomes.delivery DESC LIMIT $5
        """;

    public async ValueTask<IReadOnlyList<int>> ReadBusyAsync(CancellationToken cancellationToken) =>
        await reader.ListByIndexAsync(Busy, [], static row => row.GetInt32(0), cancellationToken).ConfigureAwait(false);

    public IScanSource<DeliveryView> Work(int number)
    {
        bool? tried = filter.State switch { DeliveryState.Pending => false, DeliveryState.Retrying => true, _ => null };
        return Scan(new ScanSql(WorkBoundary, WorkWindow, number), () => [P.Int32(number), P.Bool(tried), P.Int32(integration)]);
    }

    public IScanSource<DeliveryView> DeadLetters => Scan(new ScanSql(DeadBoundary, DeadWindow), () => [P.Int32(consumer), P.Int32(integration)]);

    public IScanSource<DeliveryView> Outcomes => Scan(
        filter.Outcome is { } outcome ? OfOutcome(outcome) : new ScanSql(OutcomeBoundary, OutcomeWindow), () => [P.Int32(consumer), P.Int32(integration)]);

    // A number in the text, so that those who are rare are found by the index outcomes_unusual.
    private static ScanSql OfOutcome(int outcome) => new(
        OutcomeBoundary.Replace("WHERE", $"WHERE outcome = {outcome} AND", StringComparison.Ordinal),
        $"{DeliveryRows.FromOutcomes} WHERE outcomes.outcome = {outcome} AND {OutcomeWindow[(DeliveryRows.FromOutcomes.Length + " WHERE ".Length)..]}");

    private PostgresScan<DeliveryView> Scan(ScanSql sql, Func<IReadOnlyList<NpgsqlParameter>> parameters) =>
        new(reader, sql, parameters, row => DeliveryRows.Read(row, state), view => view.Id.Key);
}
