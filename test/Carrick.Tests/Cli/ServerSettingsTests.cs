using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Server.Cli;
using Carrick.Server.Serve;
using Carrick.Storage;
using Carrick.Tests.Stores;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task Postgres_SchemaSessionsAndName_AreThoseOfTheSettings()
    {
        var schema = new PostgresTestSchema();
        var settings = ServerSettings.Resolve(
            Postgres(schema.ConnectionString, ("Schema", schema.Name), ("HandlerSessions", "3"), ("NodeName", "left")), new ServerArguments());
        try
        {
            Assert.NotEmpty(await StoreAccess.MigrateAsync(settings, TestContext.Current.CancellationToken));
            var services = new ServiceCollection();
            new CarrickBuilder(services).UseStore(settings);
            await using var provider = services.BuildServiceProvider();
            var store = provider.GetRequiredService<IStore>();
            await store.OpenAsync(TestContext.Current.CancellationToken);

            Assert.Equal("left", schema.Scalar("SELECT name FROM ~nodes"));
            Assert.Equal(3, provider.GetRequiredService<IHandlerDatabase>().MaxSessions);
        }
        finally
        {
            schema.Drop();
        }
    }

    [Theory]
    [InlineData("Schema", "Shop", "Carrick:Postgres: The schema name 'Shop' is not usable: it must have 1 to 48 lower-case letters, digits and underscores, begin with a letter, and not with 'pg_'.")]
    [InlineData("HandlerSessions", "65", "Carrick:Postgres: HandlerSessions is 65; it must be from 1 to 64.")]
    [InlineData("HandlerSessions", "many", "Carrick:Postgres:HandlerSessions: The value is not a whole number.")]
    [InlineData("Shema", "shop", "Carrick:Postgres:Shema: Unknown key. Did you mean 'Schema'?")]
    public void Resolve_PostgresOptionThatCannotBeUsed_NamesItsKeyAndItsRule(string key, string value, string expected)
    {
        var failure = Assert.Throws<CliException>(() => ServerSettings.Resolve(Postgres("Host=db;Database=carrick", (key, value)), new ServerArguments())).Failure;

        Assert.Equal((ExitCodes.Usage, expected), (failure.ExitCode, Assert.Single(failure.Details)));
    }

    private static IConfigurationRoot Postgres(string connection, params (string Key, string Value)[] options) => new ConfigurationBuilder()
        .AddInMemoryCollection([
            KeyValuePair.Create<string, string?>("ConnectionStrings:Carrick", connection),
            .. options.Select(option => KeyValuePair.Create<string, string?>($"Carrick:Postgres:{option.Key}", option.Value))])
        .Build();

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
