using System.Globalization;

namespace Carrick.Server.Config;

/// <summary>Sizes as people write them: a whole number of bytes, or of <c>KiB MiB GiB</c>. Pure.</summary>
internal static class SizeText
{
    private static readonly (string Unit, long Bytes)[] Units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("", 1)];

    /// <summary>Reads a size up to 1,024 GiB.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var (unit, factor) = Array.Find(Units, candidate => text.EndsWith(candidate.Unit, StringComparison.Ordinal));
        if (!long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number > (1L << 40) / factor)
        {
            return false;
        }

        bytes = number * factor;
        return true;
    }

    /// <summary>The shortest text that reads back as the same size.</summary>
    public static string Format(long bytes)
    {
        var (unit, factor) = Array.Find(Units, candidate => bytes % candidate.Bytes == 0 && bytes > 0 || candidate.Bytes == 1);
        return (bytes / factor).ToString(CultureInfo.InvariantCulture) + unit;
    }
}
