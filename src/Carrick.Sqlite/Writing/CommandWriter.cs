using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>Applies commands inside the open transaction of a connection, each by its kind.</summary>
internal sealed class CommandWriter(Database database, IdSpace ids) : IDisposable
{
    private readonly IngestWriter _ingest = new(database, ids);
    private readonly WorkWriter _work = new(database, ids);
    private readonly OperatorWriter _operator = new(database, ids);
    private readonly ReplayWriter _replay = new(database, ids);
    private readonly RetentionWriter _retention = new(database);
    private readonly AdminWriter _admin = new(database);

    /// <summary>Applies one command; its audit line is written only if it changed something.</summary>
    public void Apply(StoreCommand command)
    {
        var applied = Change(command);
        if (applied && command.Audit is { } audit)
        {
            _admin.Write(audit);
        }
    }

    public void Dispose() => _ingest.Dispose();

    private bool Change(StoreCommand command)
    {
        switch (command)
        {
            case IngestCommand ingest: _ingest.Apply(ingest); return true;
            case CompleteCommand complete: return complete.Applied = _work.Complete(complete);
            case RetryCommand retry: return retry.Applied = _work.PutOff(retry);
            case DeadLetterCommand dead: return dead.Applied = _work.GiveUp(dead);
            case RecordStartCommand start: return start.Applied = _work.RecordStart(start);
            case RequeueCommand requeue: return _operator.Requeue(requeue);
            case DiscardCommand discard: return _operator.Discard(discard);
            case ReplayCommand replay: return _replay.Apply(replay);
            case CreateReplayJobCommand create: return _replay.Create(create);
            case EndReplayJobCommand end: return end.Applied = _replay.End(end);
            case SetConsumerStateCommand set: return _operator.SetConsumer(set);
            case RetentionCommand retention: _retention.Apply(retention); return true;
            case SealBlockCommand seal: BlockWriter.Write(database, seal.Block); return true;
            case PutApiKeyCommand put: return _admin.Put(put);
            case RevokeApiKeyCommand revoke: return revoke.Applied = _admin.Revoke(revoke);
            case PutConfigurationCommand put: return _admin.Put(put);
            case ProbeCommand probe: return _admin.Probe(probe);
            default: throw new NotSupportedException($"The SQLite store does not know the command {command.GetType().Name}.");
        }
    }
}
