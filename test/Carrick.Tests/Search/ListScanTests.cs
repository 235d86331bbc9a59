using Carrick.Storage.Search;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Search;

/// <summary>A scan over blocks finds what a look at every row finds, page by page, whatever has blocks and whenever its time is over.</summary>
public sealed class ListScanTests
{
    private static readonly Gen<(int[] Words, int Sealed, int BlockRows, int Limit, int Slow)> Worlds = Gen.Select(
        Gen.Int[0, 5].Array[0, 900], Gen.Int[0, 9], Gen.Int[1, 70], Gen.Int[1, 20], Gen.Int[0, 60]);

    [Fact]
    public async Task Pages_TogetherHoldWhatMatches_OnceAndInOrder() => await Worlds.SampleAsync(async world =>
    {
        var time = new FakeTimeProvider();
        var source = new Rows(world.Words, world.Words.Length * world.Sealed / 9, world.BlockRows) { BeforeRead = () => time.Advance(TimeSpan.FromMilliseconds(world.Slow)) };

        var (found, pages) = (new List<Row>(), 0);
        var before = long.MaxValue;
        while (before > 0)
        {
            var page = ListScan.Page(await RunAsync(source, time, before, world.Limit), world.Limit, row => RecordId.FromKey(row.Key, 1), key => RecordId.FromKey(key, 1));
            found.AddRange(page);
            Assert.True(page.Count <= world.Limit);
            Assert.True(page.Next is null || page.Next.Value.Key < before, "No progress.");
            before = page.Next?.Key ?? 0;
            Assert.True(++pages < 5_000);
        }

        Assert.Equal(source.All.Where(row => row.Word == Rows.Wanted).OrderByDescending(row => row.Key), found);
    });

    [Fact]
    public async Task Scan_OfARareWord_ReadsOnlyBlocksThatHoldIt()
    {
        var words = Enumerable.Repeat(1, 100_000).ToArray();
        words[70_500] = Rows.Wanted;
        var source = new Rows(words, words.Length, blockRows: 100);

        var scanned = await RunAsync(source, new FakeTimeProvider(), long.MaxValue, 10);

        Assert.Equal((1, 0L), (scanned.Items.Count, scanned.Position));
        Assert.InRange(source.RowsRead, 1, 1_000);
    }

    [Fact]
    public async Task Scan_WhenItsTimeIsOver_SaysHowFarItHasLooked()
    {
        var time = new FakeTimeProvider();
        var source = new Rows([.. Enumerable.Repeat(1, 100_000)], sealedRows: 0, blockRows: 100) { BeforeRead = () => time.Advance(TimeSpan.FromMilliseconds(50)) };

        var scanned = await RunAsync(source, time, long.MaxValue, 10);

        Assert.Empty(scanned.Items);
        Assert.InRange(scanned.Position, 1, source.All[^1].Key);
        Assert.InRange(source.RowsRead, 1, 5_000);
    }

    [Fact]
    public async Task Scan_OfBlocksOnly_WhenItsTimeIsOver_EndsToo()
    {
        var time = new FakeTimeProvider();
        var source = new Rows([.. Enumerable.Repeat(1, 50_000)], sealedRows: 50_000, blockRows: 10) { BeforeRead = () => time.Advance(TimeSpan.FromMilliseconds(50)) };

        var scanned = await RunAsync(source, time, long.MaxValue, 10);

        Assert.Empty(scanned.Items);
        Assert.InRange(scanned.Position, 1, source.All[^1].Key);
    }

    [Fact]
    public async Task Scan_Cancelled_Ends() => await Assert.ThrowsAsync<OperationCanceledException>(async () => await new ListScan(new FakeTimeProvider()).RunAsync(
        new Rows([1, 2, 3], 0, 1), Rows.Query, long.MaxValue, 10, new CancellationToken(canceled: true)));

    [Fact]
    public void FirstDeliveries_OfSeveralSources_AreTheSmallest() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 500].HashSet[0, 60].Array[1, 5]).Sample((most, sources) =>
    {
        var taken = new HashSet<int>();
        int[][] sorted = [.. sources.Select(source => source.Where(taken.Add).Order().ToArray())];
        var first = new FirstDeliveries(most);
        foreach (var source in sorted)
        {
            foreach (var delivery in source)
            {
                if (!first.Offer(delivery, 1, delivery))
                {
                    break;
                }
            }
        }

        Assert.Equal(sorted.SelectMany(source => source).Order().Take(most).Select(delivery => (long)delivery), first.InOrder().Select(item => item.Delivery));
        Assert.Equal(taken.Count >= most, first.IsFull);
    });

    private static ValueTask<Scanned<Row>> RunAsync(Rows source, FakeTimeProvider time, long before, int limit) =>
        new ListScan(time).RunAsync(source, Rows.Query, before, limit + 1, TestContext.Current.CancellationToken);

    private sealed record Row(long Key, int Word);

    /// <summary>Rows with one word each; those at the bottom have blocks.</summary>
    private sealed class Rows : IScanSource<Row>
    {
        public const int Wanted = 0;
        private readonly List<SearchBlock> _blocks = [];

        public Rows(int[] words, int sealedRows, int blockRows)
        {
            All = [.. words.Select((word, i) => new Row((i + 1) * 7, word))];
            var from = 0L;
            for (var i = 0; i + blockRows <= sealedRows; i += blockRows)
            {
                var block = new SearchBlockBuilder(BlockKind.Events, from);
                foreach (var row in All.Skip(i).Take(blockRows))
                {
                    block.AddEvent(row.Key, row.Word, "type", null, row.Key);
                }

                _blocks.Add(block.Build());
                from = _blocks[^1].To;
            }
        }

        public static BlockQuery Query { get; } = BlockQuery.Events(Wanted, null, null, null, null);

        public Action BeforeRead { get; init; } = () => { };

        public IReadOnlyList<Row> All { get; }

        public int RowsRead { get; private set; }

        public long KeyOf(Row item) => item.Key;

        public ValueTask<(IReadOnlyList<Row> Items, long ReadTo)> ReadAsync(long from, long before, int rows, int room, CancellationToken cancellationToken)
        {
            BeforeRead();
            Row[] window = [.. All.Where(row => row.Key >= from && row.Key < before).Reverse().Take(rows)];
            RowsRead += window.Length;
            return ValueTask.FromResult<(IReadOnlyList<Row>, long)>(([.. window.Where(row => row.Word == Wanted).Take(room)], window.Length < rows ? from : window[^1].Key));
        }

        public ValueTask<BlockStretch?> ReadBlocksAsync(BlockQuery query, long before, CancellationToken cancellationToken)
        {
            BeforeRead();
            var stretch = new BlockStretchBuilder(query);
            foreach (var block in _blocks.AsEnumerable().Reverse().Where(block => block.From < before).Take(30))
            {
                stretch.Add(block.From, block.To, block.OldestAt, block.NewestAt, BloomFilter.Line(block.Words, query.Word!.Value), [], []);
            }

            return ValueTask.FromResult(stretch.Build());
        }
    }
}
