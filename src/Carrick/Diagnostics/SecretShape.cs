namespace Carrick.Diagnostics;

/// <summary>Tells texts that look like a secret, for places where a name is expected and a secret could be given by mistake. Pure.</summary>
/// <remarks>It may take a strange name for a secret, which costs a less helpful error; a secret that is taken for a name would be shown.</remarks>
internal static class SecretShape
{
    private const int ShortestRandom = 16;
    private const int MostConsonants = 6;
    private const int MostDigitGroups = 2;
    private const double ShortestWord = 2.6;

    // What providers begin secrets, keys and tokens with. Compared without regard to case.
    private static readonly string[] Prefixes =
    [
        "whsec_", "whsk_", "whpk_", "sk_", "sk-", "rk_", "pk_live", "pk_test", "shpss_", "shpat_", "shpca_", "shppa_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
        "github_pat_", "glpat-", "gldt-", "glrt-", "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-", "aiza", "ya29.", "eyj", "ck_", "crk_",
        "npm_", "pypi-", "dop_v1_", "sq0csp-", "rzp_live", "rzp_test", "lin_api_", "sntrys_", "bearer ", "basic ", "-----begin",
    ];

    /// <summary>Whether the text, or a part of it between colons or slashes, looks like a secret.</summary>
    public static bool IsLikely(string text) =>
        HasPrefix(text) || Guid.TryParse(text, out _) || IsBase64(text) || text.Split(':', '/', '\\').Any(part => HasPrefix(part) || IsRandom(part));

    private static bool HasPrefix(string text) =>
        Array.Exists(Prefixes, prefix => text.Length > prefix.Length && text.AsSpan().TrimStart().StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    // Names consist of words; random texts change between capitals, small letters and digits all the time, or cannot be spoken.
    private static bool IsRandom(string part)
    {
        var characters = part.Count(char.IsAsciiLetterOrDigit);
        if (characters < ShortestRandom)
        {
            return false;
        }

        var (words, digitGroups, consonants, mostConsonants) = (0, 0, 0, 0);
        var before = '_';
        for (var i = 0; i < part.Length; i++)
        {
            var c = part[i];
            if (char.IsAsciiLetterOrDigit(c))
            {
                words += BeginsWord(before, c, i + 1 < part.Length ? part[i + 1] : '_') ? 1 : 0;
                digitGroups += char.IsAsciiDigit(c) && char.IsAsciiLetter(before) && part.AsSpan(i).ContainsAnyInRange('A', 'z') ? 1 : 0;
            }

            consonants = char.IsAsciiLetter(c) && !"aeiouyAEIOUY".Contains(c, StringComparison.Ordinal) ? consonants + 1 : 0;
            mostConsonants = Math.Max(mostConsonants, consonants);
            before = c;
        }

        return mostConsonants > MostConsonants || digitGroups > MostDigitGroups || (double)characters / words < ShortestWord || IsHex(part) || IsNumber(part) || IsAccessKey(part);
    }

    // By its signs that stand in no name; without them it is random or it is not.
    private static bool IsBase64(string text) => text.Length >= ShortestRandom && text.AsSpan().ContainsAny('+', '=')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=' or '-' or '_');

    private static bool BeginsWord(char before, char c, char after) =>
        !char.IsAsciiLetterOrDigit(before)
        || char.IsAsciiDigit(before) != char.IsAsciiDigit(c)
        || (char.IsAsciiLetterUpper(c) && (char.IsAsciiLetterLower(before) || char.IsAsciiLetterLower(after)));

    private static bool IsHex(string part) => part.All(c => char.IsAsciiHexDigit(c) || c == '-') && part.Any(char.IsAsciiDigit);

    // Of AWS: capitals and digits.
    private static bool IsAccessKey(string part) =>
        (part.StartsWith("AKIA", StringComparison.Ordinal) || part.StartsWith("ASIA", StringComparison.Ordinal)) && part.All(char.IsAsciiLetterOrDigit)
        && part.Any(char.IsAsciiDigit);

    private static bool IsNumber(string part) => part.All(char.IsAsciiDigit);
}
