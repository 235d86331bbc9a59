using Carrick.Simulation.World;

namespace Carrick.Simulation.Checks;

/// <summary>What must not have happened.</summary>
/// <param name="Code">Which promise it breaks, such as <c>I3</c>.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Text">What happened.</param>
internal sealed record Finding(string Code, string Subject, string Text)
{
    public override string ToString() => $"{Code} {Subject}: {Text}";
}

/// <summary>The findings of one simulation, and what is noted for later judgement.</summary>
internal sealed class Findings(World.Simulation simulation)
{
    private readonly List<Finding> _all = [];
    private readonly List<(Life Life, long Delivery, int Attempt)> _cancelled = [];

    public IReadOnlyList<Finding> All => _all;

    public void Add(string code, string subject, string text)
    {
        _all.Add(new Finding(code, subject, text));
        simulation.Trace.Add("FINDING", $"{code} {subject}: {text}", isTurn: true);
    }

    /// <summary>An attempt of an endpoint was cancelled by a stop.</summary>
    public void Cancelled(Life life, RecordId eventId, string consumer, int attempt)
    {
        // Two deliveries of one event to one consumer cannot be told apart from here.
        var rows = simulation.Store.Work.Values.Where(row => row.Event == eventId.Key && row.Consumer == simulation.NumberOf(consumer)).ToList();
        if (rows is [var only] && !only.IsReplay)
        {
            _cancelled.Add((life, only.Id, attempt));
        }
    }

    /// <summary>An attempt of a handler was cancelled by a stop.</summary>
    public void Cancelled(Life life, RecordId delivery, int attempt) => _cancelled.Add((life, delivery.Key, attempt));

    /// <summary>I14: the attempts that a stop cancelled were not counted.</summary>
    public void CheckStop(Life life)
    {
        if (simulation.Scenario.Freezes > 0)
        {
            // Another life may have made that attempt meanwhile.
            return;
        }

        foreach (var (_, delivery, number) in _cancelled.Where(entry => entry.Life == life))
        {
            if (simulation.Store.Attempts.GetValueOrDefault(delivery)?.Exists(attempt => attempt.Number == number) == true)
            {
                Add("I14", simulation.DescribeDelivery(delivery), $"Attempt {number} was cancelled by a stop, and counted.");
            }
        }
    }
}
