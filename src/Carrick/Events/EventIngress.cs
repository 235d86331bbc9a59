using System.Security.Cryptography;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Shards;
using Carrick.Storage.Commands;

namespace Carrick;

/// <inheritdoc cref="IEventIngress"/>
internal sealed class EventIngress(RunningTopology topology, ICommitQueue commits, TimeProvider time) : IEventIngress
{
    public async ValueTask<IReadOnlyList<IngestResult>> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken)
    {
        var current = topology.Current;
        var now = time.GetUtcNow();
        var command = new IngestCommand { Events = [.. events.Select(item => Prepare(current, item, now))] };
        await commits.SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        var results = new IngestResult[command.Events.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = command.Events[i].Result;
        }

        return results;
    }

    private static NewEvent Prepare(RunningTopology.Snapshot current, IncomingEvent item, DateTimeOffset now)
    {
        if (current.Find(item.Integration) is not { } integration)
        {
            throw new ArgumentException($"There is no integration '{item.Integration}'.", nameof(item));
        }

        EventFields.Check(item);
        List<NewWork> work = [];
        foreach (var pump in integration.Consumers)
        {
            if (pump.Definition.Types.Matches(item.Type))
            {
                var key = Placement.KeyOf(pump.Definition, item.Subject);
                work.Add(new NewWork
                {
                    Consumer = pump.State.Number,
                    OrderingKey = key,
                    Shard = Placement.Of(pump.Definition, pump.State.Number, key),
                });
            }
        }

        return new NewEvent
        {
            Content = item,
            Integration = integration.Number,
            BodyHash = item.Key?.Digest ?? Hash(item.Body.Span),
            ReceivedAt = now,
            Work = work,
        };
    }

    private static long Hash(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return DeduplicationKey.Short(hash);
    }
}
