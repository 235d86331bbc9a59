using System.Globalization;

namespace Carrick.CrashCampaign.Running;

/// <summary>How long what a suspended server had to do stood still.</summary>
internal sealed class TakeOverTimes
{
    // The lease lasts 8 s, the rest is for two busy cores: the other has to see it, to take the shards and to read what is in them.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(3);

    private readonly List<double> _first = [];
    private readonly List<double> _all = [];

    /// <param name="first">From the suspension to the first attempt of another at something that the suspended server had.</param>
    /// <param name="all">To when all of that was tried.</param>
    public void Add(TimeSpan first, TimeSpan all)
    {
        _first.Add(first.TotalSeconds);
        _all.Add(all.TotalSeconds);
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"suspension to first dispatch:    {Describe(_first)}");
        output.WriteLine($"suspension to all tried:         {Describe(_all)}");
    }

    /// <exception cref="VictimFailedException">A take-over took too long.</exception>
    public void Check()
    {
        if (_first.Max() > (Limit + Tolerance).TotalSeconds)
        {
            throw new VictimFailedException(string.Create(
                CultureInfo.InvariantCulture, $"A take-over took {_first.Max():F1} s; {Limit.TotalSeconds} s and a tolerance of {Tolerance.TotalSeconds} s are allowed."));
        }
    }

    private static string Describe(List<double> values) => string.Create(
        CultureInfo.InvariantCulture, $"shortest {values.Min():F1} s, median {values.Order().ElementAt(values.Count / 2):F1} s, longest {values.Max():F1} s, n = {values.Count}");
}
