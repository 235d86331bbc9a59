using System.Globalization;

namespace Carrick.Server.Config;

/// <summary>Durations as people write them: a whole number and one of <c>ms s m h d</c>. Pure.</summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads a duration up to 36,500 days.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is <= 0 or > 13 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        foreach (var (unit, length) in Units)
        {
            if (text.AsSpan(digits).SequenceEqual(unit))
            {
                if (number > TimeSpan.FromDays(36_500).Ticks / length.Ticks)
                {
                    return false;
                }

                duration = length * number;
                return true;
            }
        }

        return false;
    }

    /// <summary>The shortest text that reads back as the same duration, to the millisecond.</summary>
    public static string Format(TimeSpan duration)
    {
        for (var i = Units.Length - 1; i > 0; i--)
        {
            if (duration.Ticks % Units[i].Length.Ticks == 0 && duration != TimeSpan.Zero)
            {
                return Invariant(duration.Ticks / Units[i].Length.Ticks, Units[i].Unit);
            }
        }

        return duration == TimeSpan.Zero ? "0s" : Invariant(duration.Ticks / TimeSpan.TicksPerMillisecond, "ms");
    }

    private static string Invariant(long number, string unit) => number.ToString(CultureInfo.InvariantCulture) + unit;
}
