using System.Numerics;
using Carrick.Shards;
using CsCheck;

namespace Carrick.Tests.Shards;

public sealed class BalanceTests
{
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(1);

    [Fact]
    public void Decide_NodesThatComeDieAndGiveAtRandom_ReachAnEvenShareAndThenRest() => Gen.Int[1, 12].Select(Gen.ULong, Gen.Int[0, 4]).Sample(
        (nodes, seed, dead) =>
        {
            var random = new PCG(5, seed);
            var world = new World(nodes, random);
            world.Settle();
            world.Kill(Math.Min(dead, nodes - 1), random);
            world.Join(random.Next(3u));
            var moves = world.Settle();

            var (floor, ceiling) = Balance.Share(world.Live);
            Assert.All(world.Counts, count => Assert.InRange(count, floor, ceiling));
            Assert.Equal(ShardSet.Count, world.Counts.Sum());
            // Calm: what moves is no more than what the dead had and what the new ones get, and one each for rounding.
            Assert.InRange(moves, 0, world.Expected);
            Assert.Equal(0, world.Settle());
        },
        iter: 300);

    [Fact]
    public void Decide_OfALeaderThatGives_KeepsTheLeadingShard()
    {
        var view = new ClusterView(1, [Node(1, ShardSet.All), Node(2, 0)]);

        var step = Balance.Decide(view, ShardSet.All);

        Assert.Equal(32, BitOperations.PopCount(step.Give));
        Assert.False(ShardSet.Contains(step.Give, ShardSet.Leading));
    }

    [Fact]
    public void Decide_ForANodeThatHasJustJoined_GivesNothingYet()
    {
        var view = new ClusterView(1, [Node(1, ShardSet.All), Node(2, 0) with { Age = TimeSpan.FromSeconds(1) }]);

        Assert.Equal(BalanceStep.None.Give, Balance.Decide(view, ShardSet.All).Give);
    }

    [Fact]
    public void Decide_ShardsThatTheStoreHasForThisNode_AreRecovered()
    {
        var view = new ClusterView(1, [Node(1, 0xFF), Node(2, ~0xFFUL)]);

        var step = Balance.Decide(view, 0x0F);

        Assert.Equal(0xF0UL, step.Recover);
        Assert.Equal(0UL, step.Take & ~0xFFUL);
    }

    [Fact]
    public void Decide_OfADeadNode_FencesItAndTakesWhatItHad()
    {
        var view = new ClusterView(1, [Node(1, 0xFFFF_FFFF), Node(2, 0xFFFF_FFFF_0000_0000) with { IsDead = true }]);

        var step = Balance.Decide(view, 0xFFFF_FFFF);

        Assert.Equal([2L], step.Fence);
        Assert.Equal(0xFFFF_FFFF_0000_0000, step.Take);
    }

    [Fact]
    public void Decide_OfANodeThatWasTakenForDead_DoesNothing() =>
        Assert.Equal(BalanceStep.None, Balance.Decide(new ClusterView(1, [Node(2, ShardSet.All)]), 0xFF));

    private static NodeView Node(long id, ulong shards) => new(id, $"n{id}", Old, shards, TimeSpan.FromSeconds(5), true, false);

    /// <summary>Nodes that act by turns on what they see, as the store would let them.</summary>
    private sealed class World
    {
        private readonly SortedDictionary<long, ulong> _nodes = [];
        private readonly HashSet<long> _dead = [];
        private readonly PCG _random;
        private long _next;

        public World(int nodes, PCG random)
        {
            _random = random;
            Join((uint)nodes);
        }

        public int Live => _nodes.Count;

        public int Expected { get; private set; }

        public IEnumerable<int> Counts => _nodes.Values.Select(BitOperations.PopCount);

        public void Join(uint nodes)
        {
            for (var i = 0; i < nodes; i++)
            {
                _nodes.Add(++_next, 0);
            }

            Expected += (int)nodes * (ShardSet.Count / Math.Max(1, Live) + 1) + Live;
        }

        public void Kill(int nodes, PCG random)
        {
            Expected = Live;
            for (var i = 0; i < nodes; i++)
            {
                var id = _nodes.Keys.Except(_dead).ElementAt((int)random.Next((uint)(_nodes.Count - _dead.Count)));
                _dead.Add(id);
                Expected += BitOperations.PopCount(_nodes[id]);
            }
        }

        /// <returns>How many shards went from one node to another.</returns>
        public int Settle()
        {
            var moves = 0;
            for (var quiet = 0; quiet < 2;)
            {
                quiet++;
                foreach (var id in _nodes.Keys.Except(_dead).OrderBy(_ => _random.Next(1_000u)).ToList())
                {
                    var step = Balance.Decide(View(id), _nodes[id]);
                    foreach (var dead in step.Fence)
                    {
                        _nodes.Remove(dead);
                        _dead.Remove(dead);
                    }

                    var taken = step.Take & ~_nodes.Values.Aggregate(0UL, (all, shards) => all | shards);
                    _nodes[id] = (_nodes[id] | taken) & ~step.Give;
                    moves += BitOperations.PopCount(taken);
                    quiet = taken != 0 || step.Give != 0 ? 0 : quiet;
                }
            }

            return moves;
        }

        private ClusterView View(long self) => new(self, [.. _nodes.Select(pair => Node(pair.Key, pair.Value) with { IsDead = _dead.Contains(pair.Key) })]);
    }
}
