using Carrick.Server.Cli;
using Carrick.Server.Serve;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class ServerSettingsTests
{
    /// <summary>A setting, its key, what the argument, the environment and the file say, and what counts.</summary>
    public static TheoryData<string, string, string?, string?, string?, string?> Sources
    {
        get
        {
            var data = new TheoryData<string, string, string?, string?, string?, string?>();
            foreach (var (setting, key, fallback) in new[] { ("Urls", "Carrick:Urls", "http://127.0.0.1:8420"), ("Data", "Carrick:Data", Path.GetFullPath("carrick-data")), ("Config", "Carrick:Config", null) })
            {
                data.Add(setting, key, "/argument", "/environment", "/file", "/argument");
                data.Add(setting, key, null, "/environment", "/file", "/environment");
                data.Add(setting, key, null, null, "/file", "/file");
                data.Add(setting, key, "", "", "/file", "/file");
                data.Add(setting, key, null, null, null, fallback);
                data.Add(setting, key, "", "", " ", fallback);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Resolve_SettingOfSeveralSources_TakesTheFirstThatIsNotEmpty(string setting, string key, string? argument, string? environment, string? file, string? expected)
    {
        var arguments = setting switch
        {
            "Urls" => new ServerArguments(Urls: argument),
            "Data" => new ServerArguments(Data: argument),
            _ => new ServerArguments(Config: argument),
        };

        var settings = ServerSettings.Resolve(Layers(key, file, environment), arguments);

        Assert.Equal(expected, setting switch { "Urls" => settings.Urls, "Data" => settings.DataDirectory, _ => settings.ConfigFile });
    }

    [Theory]
    [InlineData(null, false, true)]
    [InlineData("", false, true)]
    [InlineData("true", false, true)]
    [InlineData("True", false, true)]
    [InlineData("false", false, false)]
    [InlineData("FALSE", false, false)]
    [InlineData("true", true, false)]
    [InlineData(null, true, false)]
    public void Resolve_Migrate_IsOnUnlessTurnedOff(string? word, bool noMigrate, bool expected) =>
        Assert.Equal(expected, ServerSettings.Resolve(Layers("Carrick:Migrate", word), new ServerArguments(NoMigrate: noMigrate)).Migrate);

    [Theory]
    [InlineData("Carrick:Migrate", "0", "Carrick:Migrate (CARRICK__MIGRATE) is neither true nor false.")]
    [InlineData("Carrick:Migrate", "no", "Carrick:Migrate (CARRICK__MIGRATE) is neither true nor false.")]
    [InlineData("Carrick:Data", "a\0b", "Carrick:Data (--data, CARRICK__DATA) is not a path.")]
    [InlineData("ConnectionStrings:Carrick", "Data Source=canary.db;Sauce=canary", "ConnectionStrings__Carrick is not a connection string that SQLite can use.")]
    [InlineData("ConnectionStrings:Carrick", "canary", "ConnectionStrings__Carrick is not a connection string that SQLite can use.")]
    [InlineData("ConnectionStrings:Carrick", "Data Source=:memory:", "ConnectionStrings__Carrick is not a connection string that SQLite can use.")]
    [InlineData("ConnectionStrings:Carrick", "Host=db;Password=canary", "ConnectionStrings__Carrick is not a connection string that PostgreSQL can use.")]
    [InlineData("ConnectionStrings:Carrick", "Server=db;Database=carrick;Pasword=canary", "ConnectionStrings__Carrick is not a connection string that PostgreSQL can use.")]
    [InlineData("ConnectionStrings:Carrick", "postgres://carrick:canary@db/carrick", "ConnectionStrings__Carrick is an address; a connection string of keys and values is needed.")]
    public void Resolve_SettingThatCannotBeUsed_NamesItsKeyAndNotItsValue(string key, string value, string message)
    {
        var failure = Assert.Throws<CliException>(() => ServerSettings.Resolve(Layers(key, value), new ServerArguments())).Failure;

        Assert.Equal((ExitCodes.Usage, message), (failure.ExitCode, failure.Message));
        Assert.NotNull(failure.Remedy);
        Assert.DoesNotContain("canary", failure.Message + failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_SqliteConnectionString_IsKept() => Assert.Equal(
        "Data Source=/x/y.db", ServerSettings.Resolve(Layers("ConnectionStrings:Carrick", "Data Source=/x/y.db"), new ServerArguments()).ConnectionString);

    private static IConfigurationRoot Layers(string key, params string?[] values)
    {
        var builder = new ConfigurationBuilder();
        foreach (var value in values.Where(value => value is not null))
        {
            builder.AddInMemoryCollection([KeyValuePair.Create(key, value)]);
        }

        return builder.Build();
    }
}
