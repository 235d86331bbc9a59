using System.Diagnostics;
using System.Globalization;

namespace Carrick.CrashCampaign.Victim;

/// <summary>What the victim tells the campaign on its standard output: when it was ready, and when it first ran a handler.</summary>
internal static class VictimReport
{
    public const string ReadyWord = "READY";
    public const string DispatchWord = "DISPATCH";

    private static int _dispatched;

    public static void Ready(Uri address) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ReadyWord} {address} {SinceStart():F0}"));

    /// <summary>Says once that work is being dispatched.</summary>
    public static void Dispatch()
    {
        if (Interlocked.Exchange(ref _dispatched, 1) == 0)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DispatchWord} {SinceStart():F0}"));
        }
    }

    private static double SinceStart()
    {
        using var process = Process.GetCurrentProcess();
        return (DateTime.Now - process.StartTime).TotalMilliseconds;
    }
}
