using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Storage;
using Xunit;

namespace Carrick.Tests.Engine;

public sealed class RunningDeliveriesTests
{
    [Fact]
    public async Task ListRunning_AttemptsUnderWay_AreThereUntilTheyEnd()
    {
        using var folder = new TemporaryFolder();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sender = new ScriptedSender(async (_, _, _, _) =>
        {
            await release.Task;
            return AttemptResult.Success(200);
        });
        await using var host = await EngineHost.StartAsync(folder, sender, billing => billing
            .DeliverTo("orders", new Uri("http://127.0.0.1:9/orders"))
            .DeliverTo("mails", new Uri("http://127.0.0.1:9/mails")));
        await host.IngestAsync("m1");
        await host.IngestAsync("m2");
        await host.WhenAsync(() => Task.FromResult(host.Operations.ListRunning(null, null).Count == 4), "four attempts to be under way");

        var expected = (await host.DeliveriesAsync()).OrderByDescending(item => item.Id).ToList();
        Assert.Equal(expected.Select(item => item.Id), host.Operations.ListRunning(null, null));
        Assert.Equal(expected.Where(item => item.Consumer == "billing/mails").Select(item => item.Id), host.Operations.ListRunning("billing", "billing/mails"));
        Assert.Empty(host.Operations.ListRunning("other", null));

        release.SetResult();
        await host.WhenCountAsync(DeliveryState.Succeeded, 4);
        await host.WhenAsync(() => Task.FromResult(host.Operations.ListRunning(null, null).Count == 0), "no attempt to be under way");
    }
}
