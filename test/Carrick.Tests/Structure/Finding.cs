using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

/// <summary>A place in a file that breaks a rule.</summary>
internal readonly record struct Finding(string File, int Line, string Text)
{
    public override string ToString() => $"{File}:{Line}: {Text}";

    /// <summary>Every line of the text that matches.</summary>
    public static IEnumerable<Finding> InLines(string file, string text, Regex pattern)
    {
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (pattern.IsMatch(line))
            {
                yield return new Finding(file, number, line.Trim());
            }
        }
    }

    /// <summary>Fails with every finding on a line of its own.</summary>
    public static void None(IEnumerable<Finding> findings, string rule)
    {
        var all = findings.Select(finding => finding.ToString()).ToArray();
        Assert.True(all.Length == 0, $"{rule}\n{string.Join('\n', all)}");
    }
}
