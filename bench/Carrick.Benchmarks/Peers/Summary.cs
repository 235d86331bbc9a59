using Carrick.Benchmarks.Reporting;

namespace Carrick.Benchmarks.Peers;

/// <summary>Several measurements of one thing: median, range and quartiles.</summary>
internal sealed class Summary(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => Quantile(0.5);

    public string ToText(string format) => _sorted.Length == 1
        ? Report.Number(Median, format)
        : $"{Report.Number(Median, format)} ({Report.Number(_sorted[0], format)} to {Report.Number(_sorted[^1], format)}; "
            + $"IQR {Report.Number(Quantile(0.25), format)} to {Report.Number(Quantile(0.75), format)})";

    private double Quantile(double share)
    {
        var at = share * (_sorted.Length - 1);
        var below = (int)at;
        return below == _sorted.Length - 1 ? _sorted[below] : _sorted[below] + (at - below) * (_sorted[below + 1] - _sorted[below]);
    }
}
