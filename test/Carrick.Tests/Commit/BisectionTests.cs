using Carrick.Commit;
using CsCheck;

namespace Carrick.Tests.Commit;

/// <summary>Whatever is refused in a batch is found, and everything else is written once and in order.</summary>
public sealed class BisectionTests
{
    [Fact]
    public void Run_AnyRefusedItems_AreRefusedAloneAndAllOthersWrittenInOrder() =>
        Gen.Bool.Array[1, 300].Sample(bad =>
        {
            List<int> written = [], refused = [];
            int[] batch = [.. Enumerable.Range(0, bad.Length)];
            if (!bad.Contains(true))
            {
                // A batch without a refused item is never halved.
                bad[^1] = true;
            }

            var rest = Bisect(batch, part => part.Any(item => bad[item]) ? PartOutcome.Refused : Write(part, written), refused.Add);

            Assert.Empty(rest);
            Assert.Equal(batch.Where(item => bad[item]), refused);
            Assert.Equal(batch.Where(item => !bad[item]), written);
        });

    [Fact]
    public void Run_StoreThatStopsWriting_ReturnsAllThatIsNeitherWrittenNorRefusedInOrder() =>
        Gen.Select(Gen.Bool.Array[2, 100], Gen.Int[0, 30]).Sample((bad, writes) =>
        {
            List<int> written = [], refused = [];
            bad[0] = true;
            int[] batch = [.. Enumerable.Range(0, bad.Length)];
            var left = writes;

            var rest = Bisect(
                batch, part => left-- <= 0 ? PartOutcome.Unavailable : part.Any(item => bad[item]) ? PartOutcome.Refused : Write(part, written), refused.Add);

            Assert.Equal(batch, written.Concat(refused).Concat(rest).Order());
            Assert.Equal(rest.Order(), rest);
            Assert.All(written.Concat(refused), item => Assert.DoesNotContain(item, rest));
        });

    [Fact]
    public void Run_OneRefusedOf256_TakesAtMost16Writes()
    {
        for (var culprit = 0; culprit < 256; culprit++)
        {
            var (writes, refused) = (0, new List<int>());
            var bad = culprit;

            Bisect([.. Enumerable.Range(0, 256)], part => ++writes > 0 && part.Contains(bad) ? PartOutcome.Refused : PartOutcome.Written, refused.Add);

            Assert.Equal([culprit], refused);
            Assert.InRange(writes, 1, 16);
        }
    }

    private static PartOutcome Write(IReadOnlyList<int> part, List<int> written)
    {
        written.AddRange(part);
        return PartOutcome.Written;
    }

    // What is written here completes at once.
    private static IReadOnlyList<int> Bisect(int[] batch, Func<IReadOnlyList<int>, PartOutcome> write, Action<int> refuse)
    {
        var running = Bisection.RunAsync(batch, part => ValueTask.FromResult(write(part)), refuse).AsTask();
        Assert.True(running.IsCompleted);
        return running.GetAwaiter().GetResult();
    }
}
