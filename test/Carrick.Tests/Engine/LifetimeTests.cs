using Carrick.Hosting;
using CsCheck;

namespace Carrick.Tests.Engine;

/// <summary>Start, stop and dispose in every interleaving: each runs once, and whoever asks for the stop waits for it.</summary>
public sealed class LifetimeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_ByASecondCaller_ReturnsWhenTheFirstStopHasEnded()
    {
        var draining = new TaskCompletionSource();
        using var lifetime = new Lifetime(_ => Task.CompletedTask, _ => draining.Task);
        await lifetime.StartAsync(Token);
        var first = lifetime.StopAsync(CancellationToken.None);

        var second = lifetime.StopAsync(CancellationToken.None);

        Assert.False(second.IsCompleted);
        draining.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Limit, Token);
    }

    [Fact]
    public async Task Stop_DuringTheStart_CancelsItAndRunsBehindIt()
    {
        List<string> steps = [];
        var starting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var lifetime = new Lifetime(
            async cancellationToken =>
            {
                starting.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                steps.Add("start ended");
                cancellationToken.ThrowIfCancellationRequested();
            },
            _ =>
            {
                steps.Add("stop");
                return Task.CompletedTask;
            });
        var start = lifetime.StartAsync(CancellationToken.None);
        await starting.Task.WaitAsync(Limit, Token);

        await lifetime.StopAsync(CancellationToken.None).WaitAsync(Limit, Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.Equal(["start ended", "stop"], steps);
        await Assert.ThrowsAsync<InvalidOperationException>(() => lifetime.StartAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Stop_OfACallerThatCannotWait_CutsTheDrainShort()
    {
        using var lifetime = new Lifetime(_ => Task.CompletedTask, cannotWait => cannotWait);
        await lifetime.StartAsync(Token);
        var patient = lifetime.StopAsync(CancellationToken.None);
        using var impatient = new CancellationTokenSource();
        var second = lifetime.StopAsync(impatient.Token);
        Assert.False(patient.IsCompleted);

        await impatient.CancelAsync();

        await Task.WhenAll(patient, second).WaitAsync(Limit, Token);
    }

    [Fact]
    public async Task End_WhileAStopDrains_WaitsWithoutCuttingItShort()
    {
        var draining = new TaskCompletionSource();
        var wasCut = false;
        using var lifetime = new Lifetime(
            _ => Task.CompletedTask,
            async cannotWait =>
            {
                await draining.Task;
                wasCut = cannotWait.IsCompleted;
            });
        await lifetime.StartAsync(Token);
        var stop = lifetime.StopAsync(CancellationToken.None);

        var end = lifetime.EndAsync();
        draining.SetResult();

        await Task.WhenAll(stop, end).WaitAsync(Limit, Token);
        Assert.False(wasCut);
    }

    [Fact]
    public void Calls_InAnyInterleaving_NeverHangAndRunEachPartAtMostOnce() => Gen.Int[0, 3].Array[1, 12].Sample(
        calls =>
        {
            int starts = 0, stops = 0, running = 0;
            using var lifetime = new Lifetime(
                async cancellationToken =>
                {
                    Interlocked.Increment(ref starts);
                    Assert.Equal(1, Interlocked.Increment(ref running));
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                    cancellationToken.ThrowIfCancellationRequested();
                },
                async _ =>
                {
                    Interlocked.Increment(ref stops);
                    Assert.Equal(1, Interlocked.Increment(ref running));
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                });

            var tasks = calls.Select(call => Task.Run(() => call switch
            {
                0 or 1 => lifetime.StartAsync(CancellationToken.None),
                2 => lifetime.StopAsync(CancellationToken.None),
                _ => lifetime.EndAsync(),
            })).Append(lifetime.EndAsync()).ToArray();

            foreach (var task in tasks)
            {
                var error = Record.Exception(() => task.WaitAsync(Limit).GetAwaiter().GetResult());
                Assert.True(error is null or OperationCanceledException or InvalidOperationException, error?.ToString());
            }

            Assert.Equal(1, stops);
            Assert.InRange(starts, 0, 1);
        },
        iter: 1_000);
}
