using Carrick.Sqlite.Raw;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteFileTests
{
    [Theory]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=x.db;Mode=Memory")]
    [InlineData("Data Source=file:x.db?mode=memory")]
    [InlineData("Cache=Shared")]
    [InlineData("Data Source=")]
    [InlineData("   ")]
    [InlineData("Host=localhost")]
    public void Constructor_WithoutAFile_Refuses(string connectionString) =>
        Assert.ThrowsAny<ArgumentException>(() => new SqliteFile(connectionString));

    [Fact]
    public void Name_IsTheFileOnly()
    {
        var file = new SqliteFile("Data Source=some/where/carrick.db;Password=hunter2");

        Assert.Equal("carrick.db", file.Name);
        Assert.Equal(Path.GetFullPath("some/where/carrick.db"), file.Path);
    }

    [Theory]
    [InlineData("x.db", "x.handlers.db")]
    [InlineData("a.b/x.y.sqlite", "a.b/x.y.handlers.sqlite")]
    [InlineData("plain", "plain.handlers")]
    public void ForHandlers_IsTheFileBesideIt(string path, string expected)
    {
        var beside = new SqliteConnectionStringBuilder(new SqliteFile($"Data Source={path};Default Timeout=7").ForHandlers());

        Assert.Equal(Path.GetFullPath(expected), beside.DataSource);
        Assert.Equal(7, beside.DefaultTimeout);
    }
}
