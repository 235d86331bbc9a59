using System.Diagnostics;

namespace Carrick.Tests.Receiving;

internal static class Wait
{
    /// <summary>Waits until the condition holds, for at most 20 seconds unless told otherwise.</summary>
    public static async Task Until(Func<bool> condition, int seconds = 20)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(seconds))
            {
                throw new TimeoutException($"The condition did not come true in {seconds} seconds.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
