using Carrick.Simulation.Scheduling;
using Carrick.Testing.History;

namespace Carrick.Simulation.World;

/// <summary>
/// Sends messages of its own subjects until each is acknowledged. In the shop the next message of a subject goes out only after the one before
/// is acknowledged, so that their order is known; at the CRM versions come in any order. Some go out twice at once, in batches, again later, or with other bytes.
/// </summary>
internal sealed class Sender(Simulation simulation, int number)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Chance _chance = simulation.Chance.Fork();
    private readonly List<Message> _sent = [];

    public async Task RunAsync()
    {
        var hasCrm = simulation.Scenario.Consumers.Any(consumer => consumer.Integration == ConsumerPlan.Crm);
        foreach (var group in Draw(hasCrm))
        {
            await simulation.Scheduler.PauseAsync(TimeSpan.FromMilliseconds(_chance.Below(_chance.OneIn(5) ? 4_000 : 300)));
            if (_chance.OneIn(6))
            {
                // A copy at the same time, whose answer does not count.
                await Task.WhenAll(SendAsync(group), SendUntilAckedAsync(group));
            }
            else
            {
                await SendUntilAckedAsync(group);
            }

            _sent.AddRange(group);
            if (_chance.OneIn(8))
            {
                var again = _chance.Of(_sent);
                await SendAsync([_chance.OneIn(4) ? again with { Filler = "other bytes" } : again]);
            }
        }
    }

    private IEnumerable<IReadOnlyList<Message>> Draw(bool hasCrm)
    {
        var sequences = new long[3];
        List<Message> group = [];
        for (var i = 1; i <= simulation.Scenario.MessagesPerSender; i++)
        {
            var subject = _chance.Below(sequences.Length);
            var isCrm = hasCrm && _chance.OneIn(3);
            group.Add(isCrm
                ? new Message($"c{number}.{i}", ConsumerPlan.Crm, $"contact-{number}-{subject}", _chance.Between(1, 20), "")
                : new Message(
                    $"m{number}.{i}", ConsumerPlan.Shop, _chance.OneIn(10) ? null : $"customer-{number}-{subject}", ++sequences[subject], new string('x', _chance.Below(200))));
            if (!_chance.OneIn(4))
            {
                yield return group;
                group = [];
            }
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    private async Task SendUntilAckedAsync(IReadOnlyList<Message> messages)
    {
        while (!await SendAsync(messages))
        {
            await simulation.Scheduler.PauseAsync(TimeSpan.FromMilliseconds(_chance.Between(50, 1_000)));
        }
    }

    /// <summary>Sends once, as one request.</summary>
    private async Task<bool> SendAsync(IReadOnlyList<Message> messages)
    {
        if (simulation.Nemesis.Current is not { IsUp: true } life)
        {
            return false;
        }

        foreach (var message in messages)
        {
            simulation.History.Add(new Sent(simulation.Wall.Now, message.Id, message.Subject, message.Sequence) { Body = BodyHash.Of(message.ToBody()) });
        }

        var ids = string.Join('+', messages.Select(message => message.Id));
        await life.WireAsync(_chance.Latency(300));
        try
        {
            var answer = life.Ingress.IngestAsync([.. messages.Select(message => message.ToEvent())], CancellationToken.None).AsTask();
            var patience = simulation.Scheduler.PauseAsync(Patience);
            await Task.WhenAny(answer, life.Ended, patience);
            if (!answer.IsCompleted)
            {
                // Whoever gives up cannot know what becomes of the request.
                simulation.Trace.Add("sender", $"gets no answer to {ids}");
                messages.ToList().ForEach(message => simulation.History.Add(new OutcomeUnknown(simulation.Wall.Now, message.Id)));
                return false;
            }

            foreach (var (message, result) in messages.Zip(await answer))
            {
                simulation.Trace.Add("sender", $"{message.Id} is acknowledged{(result.Duplicate ? " as a duplicate" : "")}");
                simulation.History.Add(new Acked(simulation.Wall.Now, message.Id, result.Id.ToString(IdPrefix.Event), result.Duplicate));
            }

            return true;
        }
        catch (EngineFullException exception)
        {
            simulation.Trace.Add("sender", $"{ids} is refused: {exception.Message}");
            messages.ToList().ForEach(message => simulation.History.Add(new Refused(simulation.Wall.Now, message.Id, 503)));
            return false;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Data)
        {
            simulation.Trace.Add("sender", $"{ids} cannot be stored");
            messages.ToList().ForEach(message => simulation.History.Add(new Refused(simulation.Wall.Now, message.Id, 500)));
            return false;
        }
    }
}
