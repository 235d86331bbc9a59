using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Simulation.Memory;

/// <summary>Deletes what is past its retention, at most the limit of each table. An event with outstanding work or an open dead letter stays.</summary>
internal sealed class MemoryRetention(MemoryTables tables)
{
    private long _eventCursor;

    public void Apply(RetentionCommand command)
    {
        command.Forget();
        DeleteDeadLetters(command);
        DeleteOutcomes(command);
        DeleteEvents(command);
        foreach (var key in Some(command, tables.Keys.Keys.Where(id => id < UnixTime.Key(command.KeysBefore))))
        {
            var row = tables.Keys[key];
            tables.Keys.Remove(key);
            tables.KeyIndex.Remove((row.Integration, row.Key));
            command.Deleted++;
        }

        var deadBefore = UnixTime.Of(command.DeadLettersBefore);
        foreach (var line in Some(command, tables.Audit.Where(line => UnixTime.Of(line.Entry.At) < deadBefore)))
        {
            tables.Audit.Remove(line);
            command.Deleted++;
        }

        foreach (var job in Some(command, tables.Replays.Values.Where(job => job.EndedAt < command.DeadLettersBefore)))
        {
            tables.Replays.Remove(job.Id.Key);
            command.Deleted++;
        }

        var versionsBefore = Math.Min(UnixTime.Of(command.EventsBefore), deadBefore);
        foreach (var version in Some(command, tables.Versions.Where(pair => pair.Value.At < versionsBefore).OrderBy(pair => pair.Value.At).Select(pair => pair.Key)))
        {
            tables.Versions.Remove(version);
            command.Deleted++;
        }
    }

    private void DeleteDeadLetters(RetentionCommand command)
    {
        var before = UnixTime.Of(command.DeadLettersBefore);
        var open = new Dictionary<int, int>();
        foreach (var dead in Some(command, tables.DeadLetters.Values.Where(row => row.At < before).OrderBy(row => row.At)))
        {
            if (dead.ReplayedBy is null)
            {
                open[dead.Work.Consumer] = open.GetValueOrDefault(dead.Work.Consumer) + 1;
            }

            tables.DeadLetters.Remove(dead.Work.Id);
            tables.Archive.Add(dead);
            command.Deleted += 1 + DeleteAttempts(dead.Work.Id);
        }

        command.OpenDeadLettersDeleted = open;
    }

    private void DeleteOutcomes(RetentionCommand command)
    {
        var (key, at) = (UnixTime.Key(command.EventsBefore), UnixTime.Of(command.EventsBefore));
        foreach (var outcome in Some(command, tables.Outcomes.Values.Where(row => row.Work.Id < key && row.At < at)))
        {
            tables.Outcomes.Remove(outcome.Work.Id);
            tables.Archive.Add(outcome);
            command.Deleted += 1 + DeleteAttempts(outcome.Work.Id);
        }
    }

    private void DeleteEvents(RetentionCommand command)
    {
        var before = UnixTime.Key(command.EventsBefore);
        var looked = Some(command, tables.Events.Values.Where(row => row.Id > _eventCursor && row.Id < before));
        _eventCursor = looked.Count == command.Limit ? looked[^1].Id : 0;
        foreach (var row in looked)
        {
            var isHeld = tables.Work.Values.Any(work => work.Event == row.Id)
                || tables.DeadLetters.Values.Any(dead => dead.Work.Event == row.Id && dead.ReplayedBy is null);
            if (!isHeld)
            {
                tables.Events.Remove(row.Id);
                tables.Archive.Add(row);
                command.Deleted++;
            }
        }
    }

    private int DeleteAttempts(long delivery)
    {
        if (!tables.Attempts.Remove(delivery, out var attempts))
        {
            return 0;
        }

        tables.Archive.Add(KeyValuePair.Create(delivery, attempts));
        return attempts.Count;
    }

    private static List<T> Some<T>(RetentionCommand command, IEnumerable<T> rows)
    {
        List<T> some = [.. rows.Take(command.Limit)];
        command.More |= some.Count == command.Limit;
        return some;
    }
}
