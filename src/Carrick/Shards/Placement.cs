using Carrick.Integrations;

namespace Carrick.Shards;

/// <summary>
/// Which shard a delivery belongs to. An endpoint is one shard, so that its rate, gate and concurrency hold for all nodes together; a handler with order is
/// placed by consumer and key. All else may be anywhere and stays with the node that receives it. Rows keep their shard, so the functions here
/// may never change: the deliveries of one key would be in two shards.
/// </summary>
internal static class Placement
{
    /// <summary>The ordering key of a delivery of an event about this subject.</summary>
    public static string? KeyOf(ConsumerDefinition definition, string? subject) => definition.Order == OrderingMode.Subject ? subject : null;

    /// <returns>The shard, or <see langword="null"/> for any.</returns>
    public static int? Of(ConsumerDefinition definition, int consumer, string? orderingKey) =>
        definition is EndpointDefinition ? Of(consumer)
        : orderingKey is not null ? Of(consumer, orderingKey)
        : null;

    public static int Of(int consumer) => (int)(Mix((ulong)consumer) % ShardSet.Count);

    /// <remarks>FNV-1a over the UTF-16 code units, then a finalizer, because its upper bits are poor for short keys.</remarks>
    public static int Of(int consumer, string key)
    {
        var hash = 14695981039346656037UL ^ (ulong)consumer;
        foreach (var unit in key)
        {
            hash = (hash ^ unit) * 1099511628211UL;
        }

        return (int)(Mix(hash) % ShardSet.Count);
    }

    // The finalizer of SplitMix64.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15UL;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
