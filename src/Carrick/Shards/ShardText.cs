using System.Globalization;
using System.Numerics;

namespace Carrick.Shards;

/// <summary>Sets of shards for people.</summary>
internal static class ShardText
{
    public static int Count(ulong shards) => BitOperations.PopCount(shards);

    /// <summary>Such as <c>0-20, 32</c>; <c>none</c> for no shard.</summary>
    public static string Of(ulong shards)
    {
        List<string> ranges = [];
        for (var first = 0; first < ShardSet.Count; first++)
        {
            if (!ShardSet.Contains(shards, first))
            {
                continue;
            }

            var last = first;
            while (last + 1 < ShardSet.Count && ShardSet.Contains(shards, last + 1))
            {
                last++;
            }

            ranges.Add(first == last
                ? first.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{first}-{last}"));
            first = last;
        }

        return ranges.Count == 0 ? "none" : string.Join(", ", ranges);
    }
}
