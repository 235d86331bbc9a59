using System.Xml.Linq;

namespace Carrick.Tests.Structure;

/// <summary>Dependencies between projects point one way: Server -> AspNetCore -> Carrick &lt;- stores.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Carrick"] = [],
        ["Carrick.Postgres"] = ["Carrick"],
        ["Carrick.Sqlite"] = ["Carrick"],
        ["Carrick.Testing"] = ["Carrick"],
        ["Carrick.AspNetCore"] = ["Carrick"],
        ["Carrick.Server"] = ["Carrick", "Carrick.AspNetCore", "Carrick.Postgres", "Carrick.Sqlite"],
    };

    [Fact]
    public void Projects_References_PointOneWay() =>
        Finding.None(
            Repository.Files("src", "*.csproj").SelectMany(path => Check(Path.GetFileNameWithoutExtension(path), Repository.Read(path))),
            "A reference that is not in the table of this test:");

    [Fact]
    public void Engine_Packages_AreMicrosoftExtensionsOnly() =>
        Assert.All(Includes(Repository.Read("src/Carrick/Carrick.csproj"), "PackageReference"), package => Assert.StartsWith("Microsoft.Extensions.", package));

    [Fact]
    public void Engine_Assembly_UsesTheBclOnly()
    {
        var names = typeof(RecordId).Assembly.GetReferencedAssemblies().Select(name => name.Name!);
        Assert.DoesNotContain(names, name =>
            !name.StartsWith("System.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));
    }

    [Fact]
    public void Versions_AllPackages_AreCentral()
    {
        var own = new[] { "src", "test", "samples", "bench" }
            .SelectMany(folder => Repository.Files(folder, "*.csproj"))
            .Where(path => XDocument.Parse(Repository.Read(path)).Descendants("PackageReference")
                .Any(package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null));
        Assert.Empty(own);
    }

    [Theory]
    [InlineData("Carrick", "Carrick.Sqlite", 1)]
    [InlineData("Carrick.Sqlite", "Carrick.AspNetCore", 1)]
    [InlineData("Carrick.AspNetCore", "Carrick", 0)]
    [InlineData("Carrick.Unknown", "Carrick", 1)]
    public void Projects_Reference_IsChecked(string project, string reference, int findings) =>
        Assert.Equal(findings, Check(project, $"""<Project><ItemGroup><ProjectReference Include="../{reference}/{reference}.csproj" /></ItemGroup></Project>""").Count());

    private static IEnumerable<Finding> Check(string project, string xml)
    {
        if (!Allowed.TryGetValue(project, out var allowed))
        {
            return [new Finding(project, 1, "the project is not in the table")];
        }

        return Includes(xml, "ProjectReference")
            .Select(include => Path.GetFileNameWithoutExtension(include.Replace('\\', '/')))
            .Except(allowed)
            .Select(reference => new Finding(project, 1, $"references {reference}"));
    }

    private static IEnumerable<string> Includes(string xml, string element) =>
        XDocument.Parse(xml).Descendants(element).Select(item => item.Attribute("Include")?.Value).OfType<string>();
}
