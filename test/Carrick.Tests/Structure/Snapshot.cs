using System.Text;

namespace Carrick.Tests.Structure;

/// <summary>
/// Approved text in <c>test/Carrick.Tests/Structure/Snapshots</c>. With <c>CARRICK_UPDATE_SNAPSHOTS=1</c> the file is written instead of
/// compared, so that a change shows in review.
/// </summary>
internal static class Snapshot
{
    private const string Folder = "test/Carrick.Tests/Structure/Snapshots";

    public static void Match(string name, IEnumerable<string> lines)
    {
        var actual = string.Concat(lines.Select(line => line + "\n"));
        var path = Path.Combine(Repository.Root, Folder, name + ".txt");
        if (Environment.GetEnvironmentVariable("CARRICK_UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, actual);
            return;
        }

        var approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        var difference = Difference(approved, actual);
        Assert.True(
            difference.Length == 0 && File.Exists(path),
            $"{Folder}/{name}.txt is not what the code has now. If the change is meant, run the tests with CARRICK_UPDATE_SNAPSHOTS=1 and commit the file.\n{difference}");
    }

    /// <summary>The lines that one text has and the other has not, in order: <c>-</c> approved, <c>+</c> now. Empty if the texts are the same.</summary>
    public static string Difference(string approved, string actual)
    {
        if (string.Equals(approved, actual, StringComparison.Ordinal))
        {
            return "";
        }

        var (before, after) = (approved.Split('\n'), actual.Split('\n'));
        var common = CommonTail(before, after);
        var text = new StringBuilder();
        for (int i = 0, j = 0; i < before.Length || j < after.Length;)
        {
            if (i < before.Length && j < after.Length && string.Equals(before[i], after[j], StringComparison.Ordinal))
            {
                i++;
                j++;
            }
            else if (j >= after.Length || (i < before.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                text.Append("- ").Append(before[i++]).Append('\n');
            }
            else
            {
                text.Append("+ ").Append(after[j++]).Append('\n');
            }
        }

        return text.ToString();
    }

    // The length of the longest common subsequence of what is left from (i, j) on.
    private static int[,] CommonTail(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = string.Equals(before[i], after[j], StringComparison.Ordinal)
                    ? common[i + 1, j + 1] + 1
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return common;
    }
}
