namespace Carrick.Tests.Structure;

public sealed class TableTests
{
    [Fact]
    public void Tables_OfStores_AreApproved() =>
        Snapshot.Match(
            "tables",
            new[] { "*.sql", "*.cs" }
                .SelectMany(pattern => Repository.Files("src", pattern))
                .Where(path => !path.StartsWith("src/Carrick.Server/Demo/", StringComparison.Ordinal))
                .SelectMany(path => Tables.Of(Repository.Read(path)).Select(line => $"{path.Split('/')[1]} {line}"))
                .Distinct()
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Tables_Sql_IsRead()
    {
        const string sql = """
            CREATE TABLE work (
              consumer INTEGER NOT NULL, -- a number, not a name
              id INTEGER NOT NULL CHECK (id > 0),
              PRIMARY KEY (consumer, id)
            ) WITHOUT ROWID;
            CREATE UNIQUE INDEX IF NOT EXISTS work_due ON work (consumer, id);
            create table if not exists leases(shard INTEGER PRIMARY KEY);
            """;
        Assert.Equal(["table work (consumer, id)", "index work_due", "table leases (shard)"], Tables.Of(sql));
    }
}
