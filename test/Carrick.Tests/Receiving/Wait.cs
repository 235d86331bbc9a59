using System.Diagnostics;

namespace Carrick.Tests.Receiving;

internal static class Wait
{
    /// <summary>Waits until the condition holds, for at most 20 seconds.</summary>
    public static async Task Until(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException("The condition did not come true in 20 seconds.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
