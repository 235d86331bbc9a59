using Carrick.Storage.Search;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Search;

public sealed class BloomFilterTests
{
    [Fact]
    public void MayContain_WhatWasAdded_Always() => Gen.ULong.Array[0, 400].Sample(hashes =>
    {
        var filter = BloomFilter.Make(hashes);

        Assert.All(hashes, hash => Assert.True(BloomFilter.MayContain(BloomFilter.Line(filter, hash), hash)));
    });

    [Fact]
    public void MayContain_WhatWasNotAdded_OnceInAThousandAtMost()
    {
        var random = new Random(7);
        HashSet<ulong> added = [.. Enumerable.Range(0, SearchBlock.EventRows).Select(_ => Any(random))];
        var filter = BloomFilter.Make(added);

        var wrong = Enumerable.Range(0, 100_000).Select(_ => Any(random)).Count(hash => !added.Contains(hash) && BloomFilter.MayContain(BloomFilter.Line(filter, hash), hash));

        Assert.InRange(wrong, 1, 100);
    }

    [Fact]
    public void Make_OfNothing_HoldsNothing() => Assert.False(BloomFilter.MayContain(BloomFilter.Line(BloomFilter.Make([]), 17), 17));

    [Fact]
    public void Make_OfAsManySubjectsAsABlockHas_FitsAPageOfADatabase() =>
        Assert.InRange(BloomFilter.Make([.. Enumerable.Range(0, SearchBlock.EventRows).Select(i => (ulong)i * 0x9E3779B97F4A7C15)]).Length, 3_000, 3_900);

    // What is stored is read by later versions.
    [Fact]
    public void Make_NeverChanges() => Assert.Equal(
        "0000040000000800000000400000800010000000000001000010000000000001", Convert.ToHexStringLower(BloomFilter.Make([0x0123456789abcdef])));

    [Fact]
    public void Words_NeverChange() => Assert.Equal(
        [12994285409553057731UL],
        [SearchWord.Type("order.paid") ^ SearchWord.Integration(1) ^ SearchWord.IntegrationAndType(1, "order.paid") ^ SearchWord.Subject("order.paid") ^ SearchWord.Consumer(1)]);

    [Fact]
    public void Words_OfDifferentKinds_Differ() => Assert.Equal(
        5,
        new HashSet<ulong> { SearchWord.Type("1"), SearchWord.Subject("1"), SearchWord.Integration(1), SearchWord.Consumer(1), SearchWord.IntegrationAndType(1, "1") }.Count);

    private static ulong Any(Random random) => unchecked((ulong)random.NextInt64(long.MinValue, long.MaxValue));
}
