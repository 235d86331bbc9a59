using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Stores the events of all ingest commands of a commit by one statement. The insert of the keys decides which are new; of several
/// with one key the first is. No other transaction inserts keys meanwhile, so what is not new is visible to the statement,
/// unless it stands in the same commit.
/// </summary>
internal sealed class IngestWriter(StoreState state, ChangeWriter changes) : IDisposable
{
    private readonly HeaderCodec _headers = new();
    private readonly Dictionary<long, (long? Event, long? Hash)> _known = [];
    private readonly Dictionary<(int Integration, string Key), NewEvent> _firsts = [];
    private readonly Dictionary<long, long> _sameBody = [];
    private readonly Dictionary<(int Integration, long Body), long> _bodies = [];

    /// <summary>The statement for these events.</summary>
    public WriteStatement Statement(List<NewEvent> events)
    {
        _known.Clear();
        _sameBody.Clear();
        var work = events.Sum(item => item.Work.Count);
        var columns = new IngestColumns(events.Count, work);
        var keyed = false;
        foreach (var item in events)
        {
            Place(item);
            columns.Add(item, item.Content.Headers.Count == 0 ? null : _headers.Write(item.Content.Headers).ToArray());
            keyed |= item.Content.Key is not null;
        }

        return keyed
            ? new WriteStatement(IngestSql.Keyed, [.. columns.Parameters(changes.Owned), .. IngestColumns.Keys(events)], row =>
            {
                if (row.IsDBNull(3))
                {
                    ReadKnown(row);
                }
                else
                {
                    _sameBody.Add(row.GetInt64(0), row.GetInt64(3));
                }
            })
            : new WriteStatement(IngestSql.Plain, columns.Parameters(changes.Owned), ReadKnown);
    }

    /// <summary>Sets the results.</summary>
    /// <returns>The events whose key came again with another body.</returns>
    public IReadOnlyList<long> Settle(List<NewEvent> events)
    {
        List<long>? conflicts = null;
        _firsts.Clear();
        _bodies.Clear();
        foreach (var item in events)
        {
            var key = (item.Integration, item.Content.KeyText);
            if (!_known.TryGetValue(item.Id.Key, out var known))
            {
                item.Result = new IngestResult(item.Id, false, false) { PossibleReplayOf = state.Ids.Make(FirstWithBody(item)) };
                _firsts.Add(key, item);
                continue;
            }

            var (first, hash) = known is { Event: { } stored, Hash: { } storedHash }
                ? (stored, storedHash)
                : (_firsts[key].Id.Key, _firsts[key].BodyHash);
            var conflict = hash != item.BodyHash;
            item.Result = new IngestResult(state.Ids.Make(first), true, conflict);
            if (conflict)
            {
                (conflicts ??= []).Add(first);
            }
        }

        return conflicts ?? [];
    }

    /// <summary>Counts conflicts; an event may be there more than once.</summary>
    public static WriteStatement CountConflicts(IReadOnlyList<long> events) => new(IngestSql.CountConflicts, [P.Int64s([.. events])], null);

    public void Dispose() => _headers.Dispose();

    private void ReadKnown(Npgsql.NpgsqlDataReader row) => _known.Add(
        row.GetInt64(0), (row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2)));

    /// <summary>The first other event with this body: of an earlier commit, or earlier in this one.</summary>
    private long? FirstWithBody(NewEvent item)
    {
        if (item.Content.SharedBody is not { } body)
        {
            return null;
        }

        if (_sameBody.TryGetValue(item.Id.Key, out var earlier))
        {
            return earlier;
        }

        return _bodies.TryAdd((item.Integration, body), item.Id.Key) ? null : _bodies[(item.Integration, body)];
    }

    private void Place(NewEvent item)
    {
        foreach (var work in item.Work)
        {
            work.Shard ??= state.Shards.Next();
            if (!changes.Owns(work.Shard.Value))
            {
                // Also for a duplicate, of which nothing is stored: who is told in vain looks in vain.
                changes.Handed();
            }
        }
    }
}
