using System.Globalization;

namespace Carrick.CrashCampaign;

/// <summary>How long each life of the victim took to come back.</summary>
internal sealed class RecoveryTimes
{
    private readonly List<double> _ready = [];
    private readonly List<double> _dispatch = [];

    public void Add(VictimProcess victim)
    {
        if (victim.ReadyMilliseconds is { } ready)
        {
            _ready.Add(ready);
        }

        if (victim.DispatchMilliseconds is { } dispatch)
        {
            _dispatch.Add(dispatch);
        }
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"process start to listening:      {Describe(_ready)}");
        output.WriteLine($"process start to first dispatch: {Describe(_dispatch)}");
    }

    private static string Describe(List<double> values)
    {
        values.Sort();
        return values.Count == 0
            ? "never"
            : string.Create(CultureInfo.InvariantCulture, $"p50 {At(values, 0.5):F0} ms, p99 {At(values, 0.99):F0} ms, n = {values.Count}");
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
}
