namespace Carrick.Tests.Stores;

public sealed class SqliteIngestCompliance : IngestCompliance<SqliteHarness>
{
    [Fact]
    public async Task Ingest_WithoutHeaders_StoresNothingForThem()
    {
        await CommitAsync(Ingest(NewEvent("m1")));
        Assert.Equal(1L, Harness.Scalar("SELECT headers IS NULL FROM events"));
    }
}
