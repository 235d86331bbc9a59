using Carrick.Postgres.Raw;
using Carrick.Shards;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Applies the commands of one commit. Receipts and ends of deliveries, which are nearly all, are gathered and written by one statement
/// for each kind, in one round trip; so are the operators' commands for deliveries that stand side by side. A command of another kind is applied by itself, after what came
/// before it; the commit queue takes only a few of those into one commit.
/// </summary>
internal sealed class CommandWriter(StoreState state, ChangeWriter changes) : IDisposable
{
    private readonly IngestWriter _ingest = new(state, changes);
    private readonly WorkWriter _work = new(state);
    private readonly OperatorWriter _operator = new(state, changes);
    private readonly ReplayWriter _replay = new(state, changes);
    private readonly RetentionWriter _retention = new(state, changes);
    private readonly ShardWriter _shards = new(changes);
    private readonly List<StoreCommand> _gathered = [];

    /// <summary>Applies all commands in the open transaction and sets their results; the audit line of one is written only if it changed something.</summary>
    public void Apply(WriteTransaction transaction, IReadOnlyList<StoreCommand> commands)
    {
        _gathered.Clear();
        changes.Begin();
        for (var i = 0; i < commands.Count; i++)
        {
            var command = commands[i];
            if (command is IngestCommand or CompleteCommand or RetryCommand or DeadLetterCommand)
            {
                _gathered.Add(command);
                continue;
            }

            Flush(transaction);
            switch (command)
            {
                case RequeueCommand:
                    var requeues = Run<RequeueCommand>(commands, ref i);
                    _operator.Requeue(transaction, requeues);
                    Audit(transaction, requeues, static requeue => requeue.Applied);
                    break;
                case DiscardCommand:
                    var discards = Run<DiscardCommand>(commands, ref i);
                    _operator.Discard(transaction, discards);
                    Audit(transaction, discards, static discard => discard.Applied);
                    break;
                case ReplayCommand { Job: null }:
                    var replays = Run<ReplayCommand>(commands, ref i, static replay => replay.Job is null);
                    _replay.Apply(transaction, replays);
                    Audit(transaction, replays, static replay => replay.Created.Count > 0);
                    break;
                default:
                    var applied = Change(transaction, command);
                    Audit(transaction, [command], _ => applied);
                    break;
            }
        }

        Flush(transaction, isLast: true);
    }

    /// <summary>The commands of one kind from here on, up to the first of another; the index is moved to the last of them.</summary>
    private static List<T> Run<T>(IReadOnlyList<StoreCommand> commands, ref int index, Func<T, bool>? belongs = null)
        where T : StoreCommand
    {
        List<T> run = [(T)commands[index]];
        while (index + 1 < commands.Count && commands[index + 1] is T next && belongs?.Invoke(next) != false)
        {
            run.Add(next);
            index++;
        }

        return run;
    }

    private static void Audit<T>(WriteTransaction transaction, IReadOnlyList<T> commands, Func<T, bool> applied)
        where T : StoreCommand => transaction.Run([.. commands.Where(command => command.Audit is not null && applied(command)).Select(command => AdminWriter.Audit(command.Audit!))]);

    public void Dispose() => _ingest.Dispose();

    private bool Change(WriteTransaction transaction, StoreCommand command)
    {
        switch (command)
        {
            case RecordStartCommand start: return RecordStart(transaction, start);
            case ReplayCommand replay: _replay.Apply(transaction, [replay]); return replay.Created.Count > 0;
            case CreateReplayJobCommand create: return _replay.Create(transaction, create);
            case EndReplayJobCommand end: return _replay.End(transaction, end);
            case SetConsumerStateCommand set: changes.OfConsumer(set.Consumer); return ConsumerWriter.Set(transaction, set);
            case RetentionCommand retention: _retention.Apply(transaction, retention); return true;
            case SealBlockCommand seal: BlockWriter.Write(transaction, seal.Block); return true;
            case PutApiKeyCommand put: return AdminWriter.Put(transaction, put);
            case RevokeApiKeyCommand revoke: return AdminWriter.Revoke(transaction, revoke);
            case PutConfigurationCommand put: changes.OfAll(ChangeKind.Configuration); return AdminWriter.Put(transaction, put);
            case ProbeCommand probe: return AdminWriter.Probe(transaction, probe);
            case AcquireShardsCommand acquire: return _shards.Acquire(transaction, acquire);
            case ReleaseShardsCommand release: return _shards.Release(transaction, release);
            case CountDepthsCommand count: return _shards.Count(transaction, count);
            case NewsCommand: return false;
            default: throw new NotSupportedException($"The PostgreSQL store does not know the command {command.GetType().Name}.");
        }
    }

    private bool RecordStart(WriteTransaction transaction, RecordStartCommand command)
    {
        var starts = state.Ids.Owns(command.Item.Id)
            ? transaction.Scalar(
                "UPDATE ~work SET guarded_starts = guarded_starts + 1 WHERE consumer = $1 AND id = $2 RETURNING guarded_starts::bigint",
                P.Int32(command.Item.Consumer), P.Int64(command.Item.Id.Key))
            : null;
        command.Starts = (int)(starts ?? 0);
        return command.Applied = starts is not null;
    }

    private void Flush(WriteTransaction transaction, bool isLast = false)
    {
        if (_gathered.Count == 0)
        {
            transaction.Run(Changes(isLast));
            return;
        }

        var events = _gathered.OfType<IngestCommand>().SelectMany(command => command.Events).ToList();
        _work.Begin();
        WriteStatement[] first = [.. new[]
        {
            events.Count == 0 ? null : _ingest.Statement(events),
            _work.Complete([.. _gathered.OfType<CompleteCommand>()]),
            _work.PutOff([.. _gathered.OfType<RetryCommand>()]),
            _work.GiveUp([.. _gathered.OfType<DeadLetterCommand>()]),
        }.OfType<WriteStatement>()];
        transaction.Run([.. first, .. Changes(isLast)]);

        List<WriteStatement> then = [];
        if (events.Count > 0 && _ingest.Settle(events) is { Count: > 0 } conflicts)
        {
            then.Add(IngestWriter.CountConflicts(conflicts));
        }

        foreach (var command in _gathered)
        {
            if (command is not WorkCommand work || _work.Settle(work))
            {
                then.AddRange(Consequences(command));
            }
            else if (command is RetryCommand { GateUntil: { } until } retry && state.Ids.Owns(retry.Item.Id))
            {
                then.Add(ConsumerWriter.CloseGate(retry.Item.Consumer, until));
            }
        }

        transaction.Run([.. then, .. Changes(isLast)]);
        _gathered.Clear();
    }

    // With the last of the other statements, to spare a round trip; what comes of these goes with what follows from them.
    private WriteStatement[] Changes(bool isLast) => isLast ? [.. changes.Statements()] : [];

    private IEnumerable<WriteStatement> Consequences(StoreCommand command)
    {
        switch (command)
        {
            case CompleteCommand { Delivered: { } delivered } complete:
                yield return ConsumerWriter.KeepVersion(complete.Item.Consumer, delivered, complete.At);
                break;
            case RetryCommand { GateUntil: { } until } retry:
                yield return ConsumerWriter.CloseGate(retry.Item.Consumer, until);
                break;
            case DeadLetterCommand { DisableReason: { } reason } dead:
                changes.OfConsumer(dead.Item.Consumer);
                yield return ConsumerWriter.Disable(dead.Item.Consumer, dead.At, reason);
                break;
        }

        if (command.Audit is { } audit)
        {
            yield return AdminWriter.Audit(audit);
        }
    }
}
