using System.Runtime.InteropServices;

namespace Carrick.Testing.History.Checks;

/// <summary>All that is remembered of a history: numbers, no text but the ids.</summary>
internal sealed class HistoryFacts
{
    private readonly Dictionary<long, PairFacts> _pairs = [];

    public IdTable Messages { get; } = new();

    public IdTable Events { get; } = new();

    public IdTable Deliveries { get; } = new();

    public IdTable Consumers { get; } = new();

    public IdTable Integrations { get; } = new();

    public IdTable Subjects { get; } = new();

    public IdTable Bodies { get; } = new();

    public Facts<MessageFacts> Message { get; } = new();

    public Facts<EventFacts> Event { get; } = new();

    public Facts<DeliveryFacts> Delivery { get; } = new();

    public Facts<ConsumerFacts> Consumer { get; } = new();

    public IEnumerable<KeyValuePair<long, PairFacts>> Pairs => _pairs;

    public static long Key(int consumer, int other) => ((long)consumer << 32) | (uint)other;

    public static (int Consumer, int Other) Split(long key) => ((int)(key >> 32), (int)key);

    public ref PairFacts Pair(int consumer, int message) =>
        ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, Key(consumer, message), out _);

    public bool HasPair(int consumer, int message) => _pairs.ContainsKey(Key(consumer, message));

    public PairFacts FindPair(int consumer, int message) => _pairs.GetValueOrDefault(Key(consumer, message));

    public string NamePair(int consumer, int message) => $"{Consumers[consumer]} {Messages[message]}";

    /// <summary>The message of a delivery, or 0 if its event is not in the store.</summary>
    public int MessageOf(int delivery) => Event[Delivery[delivery].Event].Message;
}
