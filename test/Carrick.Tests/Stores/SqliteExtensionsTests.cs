using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteExtensionsTests
{
    [Fact]
    public async Task UseSqlite_Alone_GivesHandlersAFileBesideTheStore()
    {
        await using var services = Build(builder => builder.UseSqlite("Data Source=carrick.db"));

        Assert.Equal("carrick.db", services.GetRequiredService<IStore>().Name);
        var database = services.GetRequiredService<IHandlerDatabase>();
        Assert.Equal(("carrick.handlers.db", false, 1), (database.Name, database.CompletesWork, database.MaxSessions));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UseSqliteHandlerDatabase_BeforeOrAfter_Wins(bool before)
    {
        await using var services = Build(builder => _ = before
            ? builder.UseSqliteHandlerDatabase("Data Source=app.db").UseSqlite("Data Source=carrick.db")
            : builder.UseSqlite("Data Source=carrick.db").UseSqliteHandlerDatabase("Data Source=app.db"));

        Assert.Equal("app.db", services.GetRequiredService<IHandlerDatabase>().Name);
    }

    [Fact]
    public async Task UseEngineDatabaseForHandlers_CompletesWork()
    {
        await using var services = Build(builder => builder.UseSqlite("Data Source=carrick.db").UseEngineDatabaseForHandlers());

        var database = services.GetRequiredService<IHandlerDatabase>();
        Assert.Equal(("carrick.db", true), (database.Name, database.CompletesWork));
    }

    [Fact]
    public void UseSqlite_WithoutAFile_RefusesAtOnce() =>
        Assert.Throws<ArgumentException>(() => Build(builder => builder.UseSqlite("Data Source=:memory:")));

    private static ServiceProvider Build(Action<CarrickBuilder> configure)
    {
        var services = new ServiceCollection();
        configure(new CarrickBuilder(services));
        return services.BuildServiceProvider();
    }
}
