using Carrick.Handlers;
using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <content>How deliveries begin: announced, or each by itself.</content>
internal sealed partial class PostgresHandlerSession
{
    // What is announced and has not begun, by its key as the ledger keeps it, with whether the ledger has gained it.
    private readonly Dictionary<(string Consumer, string Integration, string MessageId), bool> _announced = [];

    public async ValueTask AnnounceAsync(IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        await GuardAsync(async () =>
        {
            foreach (var entry in entries)
            {
                // Two messages may be one to the ledger. The second then begins by itself, and finds the first.
                _announced.TryAdd(KeyOf(entry), false);
            }

            var writing = InsertAllAsync(entries, cancellationToken);
            return engine is null ? await LedgerWait.EndAsync(database, sql.InsertAll, writing).ConfigureAwait(false) : await writing.ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    public async ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        return await GuardAsync(async () =>
        {
            _toForget = null;
            var first = await BeginOneAsync(entry, cancellationToken).ConfigureAwait(false);
            var verdict = !first && !entry.Force ? LedgerVerdict.AlreadyProcessed
                : await IsLateAsync(entry, cancellationToken).ConfigureAwait(false) ? LedgerVerdict.Late
                : LedgerVerdict.First;
            // The savepoint of one that does not run is released like any other.
            _released = verdict == LedgerVerdict.First;
            return verdict;
        }).ConfigureAwait(false);
    }

    /// <returns>Whether the ledger has gained the message.</returns>
    private async Task<bool> BeginOneAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        if (_announced.Remove(KeyOf(entry), out var isAdded))
        {
            // Sent with the next statement, whoever's it is. The savepoint before stays; a commit releases all.
            await Open.SaveAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            _toForget = isAdded ? entry : null;
            return isAdded;
        }

        var insert = Command(sql.Insert, Ledger.ParametersOf(entry));
        await using var batch = new NpgsqlBatch(connection);
        if (!_released)
        {
            batch.BatchCommands.Add(new(Release));
        }

        if (_id is null)
        {
            // Before the savepoint, or it would be undone with it.
            batch.BatchCommands.Add(new(Ledger.HandlersRun));
        }

        batch.BatchCommands.Add(new(Save));
        batch.BatchCommands.Add(insert);
        var writing = RunAsync(batch, cancellationToken);
        await EndsAsync(engine is null ? LedgerWait.EndAsync(database, sql.Insert, writing) : writing).ConfigureAwait(false);
        return insert.RecordsAffected == 1;
    }

    private async Task<bool> InsertAllAsync(IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (_id is null)
        {
            batch.BatchCommands.Add(new(Ledger.HandlersRun));
        }

        batch.BatchCommands.Add(Command(sql.InsertAll, Ledger.ParametersOf(entries)));
        return await RunAsync(batch, cancellationToken, row => _announced[(row.GetString(0), row.GetString(1), row.GetString(2))] = true).ConfigureAwait(false);
    }

    private static (string Consumer, string Integration, string MessageId) KeyOf(LedgerEntry entry) =>
        (StoredText.Write(entry.Consumer), StoredText.Write(entry.Integration), StoredText.Write(entry.MessageId));

    /// <summary>Runs statements of which the first may be <see cref="Ledger.HandlersRun"/>, and the last may return rows.</summary>
    private async Task<bool> RunAsync(NpgsqlBatch batch, CancellationToken cancellationToken, Action<NpgsqlDataReader>? row = null)
    {
        var isFirst = _id is null;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        do
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (isFirst)
                {
                    _id = reader.GetString(1);
                }
                else
                {
                    row!(reader);
                }
            }

            isFirst = false;
        }
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
        return true;
    }

    private async Task<bool> IsLateAsync(LedgerEntry entry, CancellationToken cancellationToken) =>
        entry is { Subject: { } subject, Version: { } version }
        && await RunAsync([Command(sql.RaiseVersion, [P.Text(entry.Consumer), P.Text(subject), P.Int64(version)])], 0, cancellationToken).ConfigureAwait(false) == 0
        && !entry.Force;
}
