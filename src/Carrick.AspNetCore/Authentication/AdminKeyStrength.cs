namespace Carrick.Authentication;

/// <summary>Tells admin keys that can be guessed. Pure.</summary>
/// <remarks>
/// Right keys are never slowed, so that strangers cannot lock their owner out; a key must therefore be too long to be found by trying. What a text is worth
/// is estimated: characters that go on with a sequence, repeat what stood before, or belong to a well-known word count little.
/// </remarks>
internal static class AdminKeyStrength
{
    public const int Shortest = 24;
    public const int Longest = 512;
    private const int LeastDistinct = 10;
    private const int LeastWorth = 14;
    private const int WorthOfWord = 2;
    private const int ShortestRepeat = 3;

    private static readonly string[] Sequences = ["qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "!@#$%^&*()"];

    private static readonly string[] Words =
    [
        "administrator", "configuration", "development", "production", "password", "passwort", "passphrase", "carrick", "changeme", "changeit", "default",
        "example", "webhook", "welcome", "letmein", "monkey", "dragon", "master", "secret", "server", "sample", "admin", "token", "hello", "local", "login",
        "access", "please", "apikey", "guest", "super", "change", "test", "root", "user", "demo", "pass", "key", "api", "the",
    ];

    /// <summary>What is wrong with the key, without showing it; <see langword="null"/> if it can be used.</summary>
    public static string? Problem(string key) =>
        key.Length < Shortest ? $"must have at least {Shortest} characters"
        : key.Length > Longest ? $"must have at most {Longest} characters"
        : key.Any(c => c is <= ' ' or > '~') ? "must be visible ASCII without spaces, since it is sent in a header"
        : Unit(key) < Shortest ? $"repeats itself: it must have at least {Shortest} characters that do not"
        : key.Distinct().Count() < LeastDistinct ? $"must have at least {LeastDistinct} different characters"
        : !HasFormOfKey(key) && Worth(key.ToLowerInvariant()) < LeastWorth ? "can be guessed: it consists of words, sequences and repetitions that everybody knows"
        : null;

    // The alphabet of our keys leaves letters out, so that one of them is never mistaken for a sequence.
    private static bool HasFormOfKey(string key) => key.StartsWith(ApiKeyFormat.Prefix, StringComparison.Ordinal) && key.Length == ApiKeyFormat.Length;

    // The length of the shortest text of which the key is a repetition, its last one perhaps cut.
    private static int Unit(string key)
    {
        var length = 1;
        while (length < key.Length && !key.AsSpan(length).SequenceEqual(key.AsSpan(0, key.Length - length)))
        {
            length++;
        }

        return length;
    }

    private static int Worth(string key)
    {
        var worth = 0;
        for (var i = 0; i < key.Length;)
        {
            var word = Array.Find(Words, word => key.AsSpan(i).StartsWith(word, StringComparison.Ordinal));
            var repeat = Repeated(key, i);
            if (word is not null && word.Length >= repeat)
            {
                worth += WorthOfWord;
                i += word.Length;
            }
            else if (repeat >= ShortestRepeat)
            {
                worth++;
                i += repeat;
            }
            else
            {
                worth += i > 0 && Follows(key[i - 1], key[i]) ? 0 : 1;
                i++;
            }
        }

        return worth;
    }

    // How many characters from here on stood somewhere before.
    private static int Repeated(string key, int start)
    {
        var longest = 0;
        for (var earlier = 0; earlier < start; earlier++)
        {
            var length = key.AsSpan(start).CommonPrefixLength(key.AsSpan(earlier, start - earlier));
            longest = Math.Max(longest, length);
        }

        return longest;
    }

    private static bool Follows(char before, char c) => Math.Abs(before - c) <= 1
        || (before, c) is ('9', '0') or ('0', '9')
        || Sequences.Any(row => row.Contains($"{before}{c}", StringComparison.Ordinal) || row.Contains($"{c}{before}", StringComparison.Ordinal));
}
