using System.Globalization;

namespace Carrick.Delivery;

/// <summary>Reads an HTTP date in its three forms (RFC 9110 section 5.6.7). Pure.</summary>
/// <remarks>The name of the day is not compared with the date: the date counts.</remarks>
internal static class HttpDate
{
    private static readonly string[] AfterComma = ["dd MMM yyyy HH:mm:ss 'GMT'", "dd-MMM-yy HH:mm:ss 'GMT'"];
    private static readonly string[] Asctime = ["MMM dd HH:mm:ss yyyy", "MMM  d HH:mm:ss yyyy"];

    /// <summary>Reads a date.</summary>
    /// <param name="text">The text, without space around it.</param>
    /// <param name="now">Now; tells the century of a year of two digits, which is never more than 50 years ahead.</param>
    /// <param name="date">The date, to the second.</param>
    /// <returns><see langword="false"/> if it is in none of the forms.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, DateTimeOffset now, out DateTimeOffset date)
    {
        date = default;
        var dayEnd = text.IndexOfAnyExceptInRange('A', 'z');
        if (dayEnd < 3)
        {
            return false;
        }

        var comma = text[dayEnd] == ',';
        var start = dayEnd + (comma ? 2 : 1);
        if (start >= text.Length || text[start - 1] != ' ')
        {
            return false;
        }

        var rest = text[start..];
        var formats = comma ? AfterComma : Asctime;

        // The grammar has a leap second; .NET's calendar has not.
        var leap = rest.IndexOf(":60 ");
        if (leap >= 0)
        {
            rest = string.Concat(rest[..leap], ":59 ", rest[(leap + 4)..]);
        }

        if (!DateTimeOffset.TryParseExact(rest, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date))
        {
            return false;
        }

        if (leap >= 0 && date < DateTimeOffset.MaxValue.AddSeconds(-1))
        {
            date = date.AddSeconds(1);
        }

        if (rest.Length > 2 && rest[2] == '-')
        {
            date = InCentury(date, now);
        }

        return true;
    }

    private static DateTimeOffset InCentury(DateTimeOffset date, DateTimeOffset now)
    {
        date = date.AddYears(((now.Year / 100) - (date.Year / 100)) * 100);
        return date > now.AddYears(50) ? date.AddYears(-100)
            : date <= now.AddYears(-50) ? date.AddYears(100)
            : date;
    }
}
