using Carrick.Handlers;

namespace Carrick.Tests.Handlers;

public sealed class AbandonedHandlersTests
{
    private readonly AbandonedHandlers _abandoned = new();

    [Fact]
    public void Add_SoManyOfOneConsumer_HoldsThatBackUntilOneHasEnded()
    {
        for (var i = 1; i < AbandonedHandlers.MostOfOneConsumer; i++)
        {
            Assert.False(_abandoned.Add("a"));
        }

        Assert.True(_abandoned.Add("a"));

        Assert.True(_abandoned.HoldsBack("a"));
        Assert.False(_abandoned.HoldsBack("b"));
        Assert.Equal("4 abandoned handlers of consumer 'a' still run, and no more start.", _abandoned.Problem);
        _abandoned.Remove("a");
        Assert.False(_abandoned.HoldsBack("a"));
    }

    [Fact]
    public void Add_SoManyOfAll_HoldsBackWhoHasAny()
    {
        for (var i = 0; i < AbandonedHandlers.Most; i++)
        {
            _abandoned.Add($"c{i}");
        }

        Assert.True(_abandoned.HoldsBack("c0"));
        Assert.False(_abandoned.HoldsBack("none"));
        _abandoned.Remove("c1");
        Assert.False(_abandoned.HoldsBack("c0"));
    }

    [Fact]
    public void Remove_BeforeItIsAdded_LeavesNone()
    {
        _abandoned.Add("b");
        _abandoned.Remove("a");
        Assert.Equal("1 abandoned handler of consumer 'b' still runs.", _abandoned.Problem);
        _abandoned.Add("a");
        _abandoned.Remove("b");

        Assert.Null(_abandoned.Problem);
        Assert.False(_abandoned.HoldsBack("a"));
    }
}
