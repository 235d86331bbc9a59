using Carrick.Simulation.World;

namespace Carrick.Simulation.Checks;

/// <summary>An ordered endpoint that skips late events gets no version below one that it is durably known to have.</summary>
internal sealed class LateCheck(World.Simulation simulation)
{
    public void CheckStart(Life life, string consumer, RecordId eventId, Message message)
    {
        if (message.Subject is null || simulation.Scenario.Consumers.FirstOrDefault(plan => plan.Name == consumer) is not { SkipLate: true, Ordered: true })
        {
            return;
        }

        if (life != simulation.Nemesis.Current)
        {
            // Suspended with a request at hand, and taken over since: it cannot know what was delivered meanwhile.
            return;
        }

        var number = simulation.NumberOf(consumer);
        var newest = simulation.Store.Versions.GetValueOrDefault((number, message.Subject))?.Version;
        var isForced = simulation.Store.Work.Values.Any(row => row.Event == eventId.Key && row.Consumer == number && row.Forced);
        if (newest > message.Sequence && !isForced)
        {
            simulation.Findings.Add("LATE", $"{consumer} {message.Id}", $"Version {message.Sequence} is sent, although {newest} was delivered.");
        }
    }
}
