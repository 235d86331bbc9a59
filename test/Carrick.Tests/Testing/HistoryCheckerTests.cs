using Carrick.Testing.History;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Testing;

public sealed class HistoryCheckerTests
{
    [Fact]
    public void Check_CorrectHistories_FindsNothing() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 60], Gen.Bool).Sample(
            (seed, messages, drained) => Assert.Empty(HistoryChecker.Check(ModelHistory.Generate(seed, messages, drained)).Violations),
            iter: 300);
}
