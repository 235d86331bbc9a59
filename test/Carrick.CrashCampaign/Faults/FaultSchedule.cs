using Carrick.TestServices.Faults;

namespace Carrick.CrashCampaign.Faults;

/// <summary>What a link does next, by chance. Pure: the same seed gives the same schedule.</summary>
internal static class FaultSchedule
{
    // The history tells requests of two lives and of a pause apart by a quarter and a tenth of a second; a request must not be longer on its way.
    private static readonly LaneFaults NearReceiver = new() { Latency = TimeSpan.FromMilliseconds(5), Jitter = TimeSpan.FromMilliseconds(30) };

    private static readonly LaneFaults NearDatabase = new() { Latency = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(80) };

    public static Disturbance OfDatabase(Random random) => Next(random, NearDatabase, bytesPerSecond: 40_000, longestAnswer: 60);

    public static Disturbance OfReceivers(Random random) => Next(random, NearReceiver, bytesPerSecond: 60_000, longestAnswer: 120);

    private static Disturbance Next(Random random, LaneFaults slow, int bytesPerSecond, int longestAnswer) => random.Next(8) switch
    {
        0 => new Disturbance("latency", new FaultPlan { ToServer = slow, ToClient = slow }),
        1 => new Disturbance("low bandwidth", new FaultPlan { ToClient = new LaneFaults { BytesPerSecond = bytesPerSecond } }),
        2 => new Disturbance("reset", FaultPlan.None) { Resets = true },
        3 => new Disturbance("refused", new FaultPlan { RefusesConnects = true }) { Resets = true },
        4 => new Disturbance("half-open", new FaultPlan { IsHalfOpen = true }),
        5 => new Disturbance("forgotten", new FaultPlan { IsHalfOpen = true }) { IsPast = true },
        6 => new Disturbance("cut short", new FaultPlan { TruncateAfter = random.Next(longestAnswer) }),
        _ => new Disturbance("calm", FaultPlan.None),
    };
}
