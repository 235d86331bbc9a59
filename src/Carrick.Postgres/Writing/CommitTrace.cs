using System.Numerics;
using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>
/// A row that a commit has written and no other transaction writes, by which to tell that it is durable. The number of its transaction alone does not tell:
/// a server that crashes before anything of a transaction is on disk gives the number to another.
/// </summary>
internal static class CommitTrace
{
    /// <summary>A statement that returns a row if the commit is durable; <see langword="null"/> if it has left nothing that is its own.</summary>
    public static WriteStatement? Of(IReadOnlyList<StoreCommand> commands, long node) => commands.Select(command => Of(command, node)).FirstOrDefault(trace => trace is not null);

    private static WriteStatement? Of(StoreCommand command, long node)
    {
        switch (command)
        {
            case IngestCommand ingest:
                return ingest.Events.FirstOrDefault(item => !item.Result.Duplicate) is { } stored
                    ? Row("SELECT 1 FROM ~event_keys WHERE event = $1", stored.Id)
                    : null;
            case WorkCommand { Applied: true, Attempt: { } attempt } work:
                return new("SELECT 1 FROM ~attempts WHERE delivery = $1 AND number = $2", [P.Int64(work.Item.Id.Key), P.Int32(attempt.Number)], null);
            case CompleteCommand { Applied: true } complete:
                return Row("SELECT 1 FROM ~outcomes WHERE delivery = $1", complete.Item.Id);
            case DeadLetterCommand { Applied: true } dead:
                return Row("SELECT 1 FROM ~dead_letters WHERE delivery = $1", dead.Item.Id);
            case DiscardCommand { Applied: true } discard:
                return Row("SELECT 1 FROM ~outcomes WHERE delivery = $1", discard.Delivery);
            case ReplayCommand { Created: [var first, ..] }:
                return new("SELECT 1 FROM ~replayed_events WHERE event = $1 AND delivery = $2", [P.Int64(first.EventId.Key), P.Int64(first.Id.Key)], null);
            case CreateReplayJobCommand create:
                return Row("SELECT 1 FROM ~replays WHERE id = $1", create.Job.Id);
            case PutApiKeyCommand put:
                return new("SELECT 1 FROM ~api_keys WHERE id = $1", [AdminWriter.Uuid(put.Key.Id)], null);
            case RevokeApiKeyCommand { Applied: true } revoke:
                return new("SELECT 1 FROM ~api_keys WHERE id = $1 AND revoked_at = $2", [AdminWriter.Uuid(revoke.Id), P.Int64(UnixTime.Of(revoke.At))], null);
            case AcquireShardsCommand { Taken: not 0 } acquire:
                return new(
                    "SELECT 1 FROM ~leases WHERE shard = $1 AND node = $2",
                    [P.Int32(BitOperations.TrailingZeroCount(acquire.Taken)), P.Int64(node)],
                    null);
            case ReleaseShardsCommand { Shards: not 0 } release:
                return new(
                    "SELECT 1 FROM ~leases WHERE shard = $1 AND node IS DISTINCT FROM $2",
                    [P.Int32(BitOperations.TrailingZeroCount(release.Shards)), P.Int64(node)],
                    null);
            default:
                return null;
        }
    }

    private static WriteStatement Row(string sql, RecordId id) => new(sql, [P.Int64(id.Key)], null);
}
