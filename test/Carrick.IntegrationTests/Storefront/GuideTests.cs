using Carrick.Server.Config;

namespace Carrick.IntegrationTests.Storefront;

/// <summary>The code on these pages is compiled: it stands in the sample, line by line.</summary>
public sealed class GuideTests
{
    [Theory]
    [InlineData("getting-started.md", 4)]
    [InlineData("handlers.md", 9)]
    [InlineData("../../README.md", 2)]
    public void Guide_CSharp_StandsInTheSample(string page, int least)
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Root, "samples", "Storefront"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(file => "\n" + Trim(File.ReadAllText(file)) + "\n")
            .ToList();
        var blocks = Blocks("guide/" + page, "csharp");

        Assert.True(blocks.Count >= least, $"{page} has {blocks.Count} blocks");
        Assert.All(blocks, block => Assert.Contains(sources, source => source.Contains("\n" + Trim(block), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("guide/getting-started.md", 1)]
    [InlineData("guide/configuration.md", 1)]
    [InlineData("guide/schemes.md", 4)]
    [InlineData("../README.md", 1)]
    public void Documents_Yaml_IsAValidConfiguration(string page, int count)
    {
        var blocks = Blocks(page, "yaml");

        Assert.Equal(count, blocks.Count);
        Assert.All(blocks, block =>
            Assert.Empty(ConfigParser.Parse(System.Text.Encoding.UTF8.GetBytes(block), "carrick.yaml", _ => "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").Errors));
    }

    private static string Root
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(directory!.FullName, "Carrick.slnx")))
            {
                directory = directory.Parent;
            }

            return directory.FullName;
        }
    }

    private static List<string> Blocks(string page, string language) =>
    [
        .. File.ReadAllText(Path.Combine(Root, "docs", page))
            .Split("```" + language + "\n")
            .Skip(1)
            .Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]),
    ];

    private static string Trim(string text) =>
        string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
}
