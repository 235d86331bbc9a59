using System.Globalization;
using Carrick.Integrations;

namespace Carrick.Server.Config;

/// <summary>Rates as people write them: a whole number and one of <c>/s /m /h</c>. Pure.</summary>
internal static class RateText
{
    private static readonly (string Unit, TimeSpan Period)[] Units =
        [("/s", TimeSpan.FromSeconds(1)), ("/m", TimeSpan.FromMinutes(1)), ("/h", TimeSpan.FromHours(1))];

    /// <summary>Reads a rate of 1 to 1,000,000 per period.</summary>
    public static bool TryParse(string text, out RateLimit rate)
    {
        rate = new RateLimit(1, TimeSpan.FromSeconds(1));
        foreach (var (unit, period) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var permits)
                && permits is >= 1 and <= 1_000_000)
            {
                rate = new RateLimit(permits, period);
                return true;
            }
        }

        return false;
    }

    /// <summary>The text of a rate per second, minute or hour.</summary>
    public static string Format(RateLimit rate) =>
        rate.Permits.ToString(CultureInfo.InvariantCulture) + Array.Find(Units, unit => unit.Period == rate.Period).Unit;
}
