using System.Text.RegularExpressions;
using Carrick.Storage.Rows;

namespace Carrick.Tests.Structure;

/// <summary>Documents that name tests as proof name tests that exist.</summary>
public sealed partial class NamedTestTests
{
    [Fact]
    public void Documents_NamedTests_Exist()
    {
        var known = Repository.Files("test", "*.cs").SelectMany(path => Methods().Matches(Repository.Read(path)).Select(match => match.Groups[1].Value)).ToHashSet();
        var named = Names(Repository.Read("docs/failures-of-peers.md")).ToList();

        Assert.True(named.Count > 50, $"Only {named.Count} names were read.");
        Assert.Subset(known, named.ToHashSet());
    }

    [Fact]
    public void Documents_TestName_IsRead() => Assert.Equal(["Post_Signed_IsStored"], Names("| `Post_Signed_IsStored` | `Retry-After`, Plain_Text_Here |"));

    private static IEnumerable<string> Names(string text) => Named().Matches(text).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"`([A-Z]\w+_\w+)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+_\w+)\(")]
    private static partial Regex Methods();
}
