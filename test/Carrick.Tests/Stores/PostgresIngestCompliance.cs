namespace Carrick.Tests.Stores;

public sealed class PostgresIngestCompliance : IngestCompliance<PostgresHarness>
{
    [Fact]
    public async Task Ingest_WithoutHeaders_StoresNothingForThem()
    {
        await CommitAsync(Ingest(NewEvent("m1")));
        Assert.Equal(true, Harness.Scalar("SELECT headers IS NULL FROM ~events"));
    }
}
