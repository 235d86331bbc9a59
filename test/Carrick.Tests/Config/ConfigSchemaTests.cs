using System.Text.Json;
using Carrick.Server.Config;
using Xunit;

namespace Carrick.Tests.Config;

public sealed class ConfigSchemaTests
{
    public static TheoryData<string, string[]> Sections => new()
    {
        { "", ConfigKeys.Root },
        { "integration", ConfigKeys.Integration },
        { "receive", ConfigKeys.Receive },
        { "deliver", ConfigKeys.Deliver },
        { "retry", ConfigKeys.Retry },
        { "signing", ConfigKeys.Signing },
        { "retention", ConfigKeys.Retention },
        { "limits", ConfigKeys.Limits },
    };

    [Theory]
    [MemberData(nameof(Sections))]
    public void Schema_Section_HasTheKeysOfTheParser(string section, string[] keys)
    {
        var element = Section(section);

        Assert.Equal(keys.Order(StringComparer.Ordinal), element.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        Assert.False(element.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public void Schema_EveryMapping_IsASectionOfTheParser()
    {
        var mappings = Root().GetProperty("$defs").EnumerateObject().Where(definition => definition.Value.TryGetProperty("properties", out _)).Select(definition => definition.Name)
            .Where(name => !name.StartsWith("scheme", StringComparison.Ordinal));

        Assert.Equal(Sections.Select(row => row.Data.Item1).Where(name => name.Length > 0).Order(StringComparer.Ordinal), mappings.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public void Schema_EveryKey_IsDescribed(string section, string[] keys)
    {
        foreach (var key in keys)
        {
            var property = Section(section).GetProperty("properties").GetProperty(key);
            var described = property.TryGetProperty("$ref", out var reference) && !property.TryGetProperty("description", out _)
                ? Section(reference.GetString()!["#/$defs/".Length..])
                : property;
            Assert.NotEmpty(described.GetProperty("description").GetString()!);
        }
    }

    private static JsonElement Root() => JsonDocument.Parse(ConfigSchema.Text).RootElement;

    private static JsonElement Section(string name) => name.Length == 0 ? Root() : Root().GetProperty("$defs").GetProperty(name);
}
