using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Simulation.Memory;

/// <summary>What a database holds: it outlives the engine that writes it. Not thread-safe but for its lock, which a store takes for each transaction and read.</summary>
internal sealed class MemoryTables
{
    public const int SchemaVersion = 1;

    public Lock Gate { get; } = new();

    /// <summary>The store that has it open, if that process lives.</summary>
    public object? Owner { get; set; }

    public int Schema { get; set; }

    public long Epoch { get; set; }

    public ulong IdLow { get; set; }

    public int UncleanStarts { get; set; }

    public List<string> Integrations { get; private init; } = [];

    public List<ConsumerRow> Consumers { get; private init; } = [];

    public SortedDictionary<long, EventRow> Events { get; private init; } = [];

    public SortedDictionary<long, KeyRow> Keys { get; private init; } = [];

    public Dictionary<(int Integration, string Key), long> KeyIndex { get; private init; } = [];

    public SortedDictionary<long, WorkRow> Work { get; private init; } = [];

    public Dictionary<long, List<AttemptRecord>> Attempts { get; private init; } = [];

    public SortedDictionary<long, OutcomeRow> Outcomes { get; private init; } = [];

    public SortedDictionary<long, DeadRow> DeadLetters { get; private init; } = [];

    public SortedDictionary<long, ReplayJob> Replays { get; private init; } = [];

    public Dictionary<(int Consumer, string Subject), VersionRow> Versions { get; private init; } = [];

    public List<AuditLine> Audit { get; private init; } = [];

    public SortedDictionary<RecordId, ApiKeyRecord> ApiKeys { get; private init; } = [];

    public string? Configuration { get; set; }

    public bool HasProbe { get; set; }

    public long LastAudit { get; set; }

    /// <summary>The newest id anywhere, whatever was deleted since.</summary>
    public long LastId { get; set; }

    /// <summary>What retention took away, for those who look at the whole history.</summary>
    public List<object> Archive { get; private init; } = [];

    public IdSpace Ids => new(IdLow);

    public ConsumerRow Consumer(int number) => Consumers[number - 1];

    public string IntegrationName(int number) => number == 0 ? "" : Integrations[number - 1];

    public int? FindIntegration(string name) => Integrations.IndexOf(name) is var index and >= 0 ? index + 1 : null;

    public int? FindConsumer(string name) => Consumers.Find(consumer => consumer.Name == name)?.Number;

    /// <summary>The first earlier event with the same body, if it can come again under another key.</summary>
    public long? FirstWithBody(KeyRow key) => key.SharedBody is null
        ? null
        : Keys.Values.FirstOrDefault(row => row.Integration == key.Integration && row.SharedBody == key.SharedBody && row.Event < key.Event)?.Event;

    public MemoryTables Copy() => new()
    {
        Schema = Schema,
        Epoch = Epoch,
        IdLow = IdLow,
        UncleanStarts = UncleanStarts,
        Integrations = [.. Integrations],
        Consumers = [.. Consumers],
        Events = new(Events),
        Keys = new(Keys),
        KeyIndex = new(KeyIndex),
        Work = new(Work),
        Attempts = Attempts.ToDictionary(pair => pair.Key, pair => pair.Value.ToList()),
        Outcomes = new(Outcomes),
        DeadLetters = new(DeadLetters),
        Replays = new(Replays),
        Versions = new(Versions),
        Audit = [.. Audit],
        ApiKeys = new(ApiKeys),
        Configuration = Configuration,
        HasProbe = HasProbe,
        LastAudit = LastAudit,
        LastId = LastId,
        Archive = [.. Archive],
    };
}
