using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

/// <summary>Comparisons whose time tells how much of a secret was right are refused where signatures, tokens and keys are checked.</summary>
public sealed partial class ConstantTimeTests
{
    [Fact]
    public void Signatures_Comparison_IsConstantTime() =>
        Finding.None(
            Repository.Files("src", "*.cs").Where(IsSensitive)
                .SelectMany(path => Finding.InLines(path, Repository.Read(path), EarlyExit())),
            "Compare secrets and signatures with CryptographicOperations.FixedTimeEquals:");

    [Theory]
    [InlineData("if (expected.SequenceEqual(actual))")]
    [InlineData("if (given.SequenceEqual(expectedHash))")]
    [InlineData("return computedSignature == header;")]
    [InlineData("return given != token;")]
    [InlineData("return expectedMac == given;")]
    [InlineData("return string.Equals(signature, given, StringComparison.Ordinal);")]
    [InlineData("return given.Equals(secret);")]
    public void Signatures_EarlyExit_IsFound(string line) => Assert.Single(Finding.InLines("a.cs", line, EarlyExit()));

    [Theory]
    [InlineData("if (signature.Length != 64)")]
    [InlineData("if (secrets.Count == 0)")]
    [InlineData("if (signature == null)")]
    [InlineData("if (CryptographicOperations.FixedTimeEquals(expected, actual))")]
    [InlineData("if (tokenIndex == 0)")]
    [InlineData("if (name.SequenceEqual(other))")]
    [InlineData("if (reader.TokenType == JsonTokenType.String)")]
    public void Signatures_Harmless_IsNotFound(string line) => Assert.Empty(Finding.InLines("a.cs", line, EarlyExit()));

    private static bool IsSensitive(string path) => path.Contains("/Signatures/", StringComparison.Ordinal);

    [GeneratedRegex("""
        \b\w*(?:[sS]ignature|[sS]ecret|[tT]oken|[mM]ac|[dD]igest|[hH]ash|[eE]xpected)\w*\.SequenceEqual\(
        | \.SequenceEqual\([^)]*(?:[sS]ignature|[sS]ecret|[tT]oken|[mM]ac|[dD]igest|[hH]ash|[eE]xpected)
        | \b\w*(?:[sS]ignature|[sS]ecret|[tT]oken|[mM]ac|[dD]igest|[eE]xpected)\s*[!=]=(?>\s*)(?!null\b|default\b|""|-?\d)
        | (?<!\bnull|\bdefault)\s[!=]=\s*\w*(?:[sS]ignature|[sS]ecret|[tT]oken|[mM]ac|[dD]igest|[eE]xpected)\b(?![.(\w])
        | \bEquals\((?:[^)]*[\s,(])?\w*(?:[sS]ignature|[sS]ecret|[tT]oken|[mM]ac|[dD]igest)\b(?![.(\w])
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex EarlyExit();
}
