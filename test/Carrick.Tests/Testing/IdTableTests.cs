using Carrick.Testing.History.Checks;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Testing;

public sealed class IdTableTests
{
    [Fact]
    public void Intern_AnyTexts_NumbersThemDenselyAndGivesThemBack() =>
        Gen.String.Array[0, 3_000].Sample(
            texts =>
            {
                var table = new IdTable();
                var numbers = new Dictionary<string, int>();
                foreach (var text in texts.Select(text => new string([.. text.Where(c => !char.IsSurrogate(c))])).Where(text => text.Length > 0))
                {
                    numbers.TryAdd(text, numbers.Count + 1);
                    Assert.Equal(numbers[text], table.Intern(text));
                }

                Assert.Equal(numbers.Count, table.Count);
                Assert.All(numbers, pair => Assert.Equal(pair.Key, table[pair.Value]));
            },
            iter: 50);

    [Fact]
    public void Intern_TextLongerThanABlock_IsKept()
    {
        var table = new IdTable();
        var text = new string('x', 3 << 20);

        Assert.Equal(1, table.Intern(text));
        Assert.Equal(2, table.Intern("short"));
        Assert.Equal(1, table.Intern(text));
        Assert.Equal(text, table[1]);
    }

    [Fact]
    public void Intern_Nothing_IsZero() => Assert.Equal(0, new IdTable().Intern(null));
}
