using System.Text;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Simulation.Memory;

/// <summary>Applies commands to the tables, under their lock. The rules are those of the SQL stores; the way is another.</summary>
internal sealed class MemoryWriter(MemoryTables tables)
{
    private readonly MemoryReplays _replays = new(tables);
    private readonly MemoryRetention _retention = new(tables);

    public static bool Knows(StoreCommand command) => command is IngestCommand or CompleteCommand or RetryCommand or DeadLetterCommand or RecordStartCommand
        or RequeueCommand or DiscardCommand or ReplayCommand or CreateReplayJobCommand or EndReplayJobCommand or SetConsumerStateCommand
        or RetentionCommand or PutApiKeyCommand or RevokeApiKeyCommand or PutConfigurationCommand or ProbeCommand;

    public void Apply(StoreCommand command)
    {
        if (Change(command) && command.Audit is { } audit)
        {
            tables.Audit.Add(new AuditLine(++tables.LastAudit, audit with { At = Cut(audit.At) }));
        }
    }

    /// <summary>The work row, if it is there and of this consumer.</summary>
    public WorkRow? FindWork(WorkItem item) => FindWork(item.Id) is { } row && row.Consumer == item.Consumer ? row : null;

    /// <summary>What a store keeps of a text: UTF-8 has no half of a surrogate pair.</summary>
    private static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static DateTimeOffset Cut(DateTimeOffset time) => UnixTime.From(UnixTime.Of(time));

    private WorkRow? FindWork(RecordId id) => tables.Ids.Owns(id) ? tables.Work.GetValueOrDefault(id.Key) : null;

    private bool Change(StoreCommand command)
    {
        switch (command)
        {
            case IngestCommand ingest: Ingest(ingest); return true;
            case CompleteCommand complete: return complete.Applied = Complete(complete);
            case RetryCommand retry: return retry.Applied = PutOff(retry);
            case DeadLetterCommand dead: return dead.Applied = GiveUp(dead);
            case RecordStartCommand start: return start.Applied = RecordStart(start);
            case RequeueCommand requeue: return Requeue(requeue);
            case DiscardCommand discard: return Discard(discard);
            case ReplayCommand replay: return _replays.Apply(replay);
            case CreateReplayJobCommand create: return _replays.Create(create);
            case EndReplayJobCommand end: return end.Applied = _replays.End(end);
            case RetentionCommand retention: _retention.Apply(retention); return true;
            case SetConsumerStateCommand set:
                tables.Consumers[set.Consumer - 1] = tables.Consumer(set.Consumer) with { DisabledAt = UnixTime.Of(set.DisabledAt), DisabledReason = set.DisabledReason };
                return true;
            case PutApiKeyCommand put:
                tables.ApiKeys[put.Key.Id] = put.Key with { CreatedAt = Cut(put.Key.CreatedAt), Hash = put.Key.Hash.ToArray() };
                return true;
            case RevokeApiKeyCommand revoke:
                revoke.Applied = tables.ApiKeys.TryGetValue(revoke.Id, out var key) && key.RevokedAt is null;
                if (revoke.Applied)
                {
                    tables.ApiKeys[revoke.Id] = key! with { RevokedAt = Cut(revoke.At) };
                }

                return revoke.Applied;
            case PutConfigurationCommand put:
                tables.Configuration = put.Document;
                return true;
            case ProbeCommand probe:
                tables.HasProbe = !probe.Clear;
                return true;
            default:
                throw new NotSupportedException(command.GetType().Name);
        }
    }

    private void Ingest(IngestCommand command)
    {
        foreach (var item in command.Events)
        {
            var (content, key) = (item.Content, item.Id.Key);
            if (tables.KeyIndex.TryGetValue((item.Integration, content.KeyText), out var first))
            {
                var known = tables.Keys[first];
                var conflict = known.BodyHash != item.BodyHash;
                tables.Keys[first] = known with { Conflicts = known.Conflicts + (conflict ? 1 : 0) };
                item.Result = new IngestResult(tables.Ids.Make(first), true, conflict);
                continue;
            }

            var row = new KeyRow(key, item.Integration, content.KeyText, item.BodyHash, 0, item.Content.SharedBody);
            item.Result = new IngestResult(item.Id, false, false) { PossibleReplayOf = tables.Ids.Make(tables.FirstWithBody(row)) };
            tables.KeyIndex.Add((item.Integration, content.KeyText), key);
            tables.Keys.Add(key, row);
            tables.Events.Add(key, new EventRow(key, item.Integration, ToRecord(item)));
            tables.LastId = Math.Max(tables.LastId, key);
            foreach (var work in item.Work)
            {
                var subject = work.OrderingKey is { } text ? Clean(text) : null;
                tables.Work.Add(work.Id.Key, new WorkRow(work.Id.Key, work.Consumer, key, subject, Forced: false, ReplayOf: null, IsReplay: false));
                tables.LastId = Math.Max(tables.LastId, work.Id.Key);
            }
        }
    }

    private EventRecord ToRecord(NewEvent item) => new()
    {
        Id = item.Id,
        Integration = tables.IntegrationName(item.Integration),
        Type = item.Content.Type,
        MessageId = item.Content.MessageId,
        DeduplicationKey = item.Content.StoredKey,
        Subject = item.Content.Subject is { } subject ? Clean(subject) : null,
        ContentType = item.Content.ContentType,
        Headers = [.. item.Content.Headers.Select(header => KeyValuePair.Create(Clean(header.Key), Clean(header.Value)))],
        Body = item.Content.Body,
        TraceParent = item.Content.TraceParent,
        Version = item.Content.Version,
        Verdict = item.Content.Verdict,
        ReceivedAt = Cut(item.ReceivedAt),
    };

    private bool Complete(CompleteCommand command)
    {
        if (TakeWork(command) is not { } work)
        {
            return false;
        }

        tables.Outcomes.Add(work.Id, new OutcomeRow(work, command.Outcome, UnixTime.Of(command.At), command.Attempt?.Number ?? command.Item.Attempts));
        if (command.Delivered is var (subject, version))
        {
            var known = tables.Versions.GetValueOrDefault((work.Consumer, subject));
            tables.Versions[(work.Consumer, subject)] = new VersionRow(Math.Max(known?.Version ?? long.MinValue, version), UnixTime.Of(command.At));
        }

        return true;
    }

    private bool PutOff(RetryCommand command)
    {
        if (command.GateUntil is { } gate && tables.Ids.Owns(command.Item.Id))
        {
            var consumer = tables.Consumer(command.Item.Consumer);
            tables.Consumers[consumer.Number - 1] = consumer with { GateUntil = Math.Max(consumer.GateUntil ?? 0, UnixTime.Due(gate)) };
        }

        if (FindWork(command.Item) is not { } work)
        {
            return false;
        }

        AddAttempt(command);
        tables.Work[work.Id] = work with { Due = UnixTime.Due(command.DueAt), Attempts = command.Attempts, Failures = command.Failures, GuardedStarts = 0 };
        return true;
    }

    private bool GiveUp(DeadLetterCommand command)
    {
        if (TakeWork(command) is not { } work)
        {
            return false;
        }

        var stored = tables.Events.GetValueOrDefault(work.Event);
        tables.DeadLetters.Add(work.Id, new DeadRow(
            work, stored?.Integration ?? 0, stored?.Record.Type ?? "", command.Attempt?.Number ?? command.Item.Attempts, command.Category,
            command.Reason, UnixTime.Of(command.At), ReplayedBy: null));
        var consumer = tables.Consumer(work.Consumer);
        if (command.DisableReason is { } reason && consumer.DisabledAt is null)
        {
            tables.Consumers[work.Consumer - 1] = consumer with { DisabledAt = UnixTime.Of(command.At), DisabledReason = reason };
        }

        return true;
    }

    private bool RecordStart(RecordStartCommand command)
    {
        command.Starts = 0;
        if (FindWork(command.Item) is not { } work)
        {
            return false;
        }

        command.Starts = work.GuardedStarts + 1;
        tables.Work[work.Id] = work with { GuardedStarts = command.Starts };
        return true;
    }

    private bool Requeue(RequeueCommand command)
    {
        command.Was = FindWork(command.Delivery) is { } work ? MemoryWorkReader.ItemOf(tables, work) : null;
        if (command.Was is { } was)
        {
            tables.Work[was.Id.Key] = tables.Work[was.Id.Key] with { Due = 0 };
        }

        return command.Applied;
    }

    private bool Discard(DiscardCommand command)
    {
        (command.Was, command.DeadOf) = (null, null);
        var key = command.Delivery.Key;
        if (FindWork(command.Delivery) is { } work)
        {
            command.Was = MemoryWorkReader.ItemOf(tables, work);
            tables.Work.Remove(key);
            tables.Outcomes.Add(key, new OutcomeRow(work, DeliveryOutcome.Discarded, UnixTime.Of(command.At), work.Attempts));
        }
        else if (tables.Ids.Owns(command.Delivery) && tables.DeadLetters.GetValueOrDefault(key) is { ReplayedBy: null } dead)
        {
            command.DeadOf = dead.Work.Consumer;
            tables.DeadLetters.Remove(key);
            tables.Outcomes.Add(key, new OutcomeRow(dead.Work, DeliveryOutcome.Discarded, UnixTime.Of(command.At), dead.Attempts));
        }

        return command.Applied;
    }

    /// <summary>The conditional delete that is the fence: no row, no effect.</summary>
    private WorkRow? TakeWork(WorkCommand command)
    {
        if (FindWork(command.Item) is not { } work)
        {
            return null;
        }

        tables.Work.Remove(work.Id);
        AddAttempt(command);
        return work;
    }

    private void AddAttempt(WorkCommand command)
    {
        if (command.Attempt is { } attempt)
        {
            var stored = attempt with
            {
                StartedAt = Cut(attempt.StartedAt),
                Duration = TimeSpan.FromMicroseconds(attempt.Duration.Ticks / TimeSpan.TicksPerMicrosecond),
                NextDueAt = attempt.NextDueAt is { } due ? UnixTime.From(UnixTime.Due(due)) : null,
            };
            if (!tables.Attempts.TryGetValue(command.Item.Id.Key, out var list))
            {
                tables.Attempts[command.Item.Id.Key] = list = [];
            }

            list.Add(stored);
        }
    }
}
