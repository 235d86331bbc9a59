namespace Carrick.Simulation.Faults;

/// <summary>The bugs that can be planted, by name.</summary>
internal static class Sabotages
{
    private static readonly SortedDictionary<string, Func<Sabotage>> ByName = new(StringComparer.Ordinal)
    {
        ["answer-early"] = () => new AnswerEarly(),
        ["delete-always"] = () => new DeleteAlways(),
        ["drop-hand-off"] = () => new DropHandOff(),
        ["forget-ledger"] = () => new ForgetLedger(),
        ["forget-gate"] = () => new ForgetGate(),
        ["ignore-due"] = () => new IgnoreDue(),
        ["lie-durable"] = () => new LieOfTheOutcome(durable: true),
        ["lie-lost"] = () => new LieOfTheOutcome(durable: false),
        ["lose-reply"] = () => new LoseReply(),
    };

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    public static Sabotage? Find(string name) => ByName.GetValueOrDefault(name)?.Invoke();
}
