using System.Globalization;

namespace Carrick.CrashCampaign.Running;

/// <summary>How long each life of the victim took to come back.</summary>
internal sealed class RecoveryTimes
{
    private readonly List<double> _ready = [];
    private readonly List<double> _dispatch = [];
    private readonly List<double> _between = [];

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

        if (victim is { ReadyMilliseconds: { } from, DispatchMilliseconds: { } to })
        {
            // A backlog is begun before the server listens.
            _between.Add(Math.Max(0, to - from));
        }
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"process start to listening:      {Describe(_ready)}");
        output.WriteLine($"process start to first dispatch: {Describe(_dispatch)}");
        output.WriteLine($"listening to first dispatch:     {Describe(_between)}");
    }

    /// <exception cref="VictimFailedException">A life began its work later than the limit after it listened.</exception>
    public void Check(TimeSpan limit)
    {
        if (_between.Count > 0 && _between.Max() > limit.TotalMilliseconds)
        {
            throw new VictimFailedException(string.Create(
                CultureInfo.InvariantCulture, $"The first dispatch came {_between.Max():F0} ms after the server listened; at most {limit.TotalMilliseconds:F0} ms are allowed."));
        }
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
