using System.Collections.Concurrent;
using Carrick.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Carrick.Dispatch;

/// <summary>
/// Keeps loops going that must not end by themselves: one that fails is logged, makes readiness tell of it, and begins again after a while, sooner at first than later.
/// The task of such a loop never fails, so that a stop can wait for it. Thread-safe.
/// </summary>
internal sealed partial class LoopSupervisor(TimeProvider time, ILogger<LoopSupervisor> logger)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastBackOff = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<LoopHealth, byte> _loops = new();
    private readonly ILogger _logger = logger.Guarded();

    /// <summary>Why one of them stands still, or <see langword="null"/>.</summary>
    public string? Problem => _loops.Keys.Select(health => health.Problem).FirstOrDefault(problem => problem is not null);

    /// <summary>Runs the body until it returns, or until <paramref name="stopping"/>.</summary>
    /// <param name="name">What it is, at the beginning of a sentence.</param>
    /// <param name="body">The loop; it says with each round that it works.</param>
    /// <param name="stopping">Cancelled when all ends.</param>
    public async Task RunAsync(string name, Func<LoopHealth, Task> body, CancellationToken stopping)
    {
        var health = new LoopHealth(name);
        _loops[health] = 0;
        var backOff = FirstBackOff;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await body(health).ConfigureAwait(false);
                break;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                backOff = health.Problem is null ? FirstBackOff : TimeSpan.FromTicks(Math.Min(LastBackOff.Ticks, backOff.Ticks * 2));
                if (health.Failed(exception))
                {
                    LogStandsStill(exception, name);
                }
            }

            await Task.Delay(backOff, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _loops.TryRemove(health, out _);
    }

    [LoggerMessage(1114, LogLevel.Error, "{Loop} stands still: an error that it cannot explain. It is tried again, at least every 30 s.")]
    private partial void LogStandsStill(Exception exception, string loop);
}
