namespace Carrick.Retry;

/// <summary>The retry maths: how long to wait after a failure. Pure.</summary>
internal static class RetrySchedule
{
    /// <summary>min(cap, base * factor^(failures - 1)), moved by chance by at most the share of the jitter.</summary>
    /// <param name="policy">A policy without errors; see <see cref="RetryPolicyValidator"/>.</param>
    /// <param name="failures">The failures so far, from 1.</param>
    /// <param name="random">Asked once, and only if the policy has jitter.</param>
    /// <returns>0 to the cap; jitter never passes the cap.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="failures"/> is below 1.</exception>
    public static TimeSpan Delay(RetryPolicy policy, int failures, IRandomSource random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);

        // The power may be infinite; the minimum makes it the cap again before it meets a TimeSpan.
        double cap = policy.Cap.Ticks;
        var ticks = Math.Min(cap, policy.Base.Ticks * Math.Pow(policy.Factor, failures - 1));
        if (policy.Jitter > 0)
        {
            ticks *= 1 + (policy.Jitter * ((2 * random.NextDouble()) - 1));
        }

        return TimeSpan.FromTicks((long)Math.Clamp(ticks, 0, cap));
    }
}
