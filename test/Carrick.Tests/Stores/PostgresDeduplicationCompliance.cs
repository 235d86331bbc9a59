using Xunit;

namespace Carrick.Tests.Stores;

public sealed class PostgresDeduplicationCompliance : DeduplicationCompliance<PostgresHarness>
{
    [Fact]
    public async Task Ingest_AfterAnUpgrade_KnowsWhatOnlyItsIdWasKnownBy()
    {
        var booked = NewEvent("m1", "one");
        await CommitAsync(Ingest(booked));
        await Store.DisposeAsync();
        MakeOlder();
        await OpenAsync(Harness.Create(Time));
        var (again, ofHeader, changed, otherId) = (Keyed("m1", "one"), Keyed("other", "one", earlier: "m1"), Keyed("m1", "two"), Keyed("m2", "one"));

        await CommitAsync(Ingest(again), Ingest(ofHeader), Ingest(changed), Ingest(otherId));

        Assert.Equal(new IngestResult(booked.Id, true, false), again.Result);
        Assert.Equal(new IngestResult(booked.Id, true, false), ofHeader.Result);
        Assert.Equal(new IngestResult(changed.Id, false, false), changed.Result);
        Assert.Equal(new IngestResult(otherId.Id, false, false), otherId.Result);
    }

    [Fact]
    public async Task Ingest_OfSignedIds_IsInNoIndexOfBodies()
    {
        await CommitAsync(Ingest(NewEvent("m1"), Keyed("m2", "two", isShared: false), Keyed("m3", "three")));

        Assert.Equal((2L, 1L), (Harness.Scalar("SELECT count(*) FROM ~events WHERE deduplication_key IS NOT NULL"), Harness.Scalar("SELECT count(*) FROM ~event_keys WHERE shared_body IS NOT NULL")));
    }

    // A database as the scripts before 0002 leave it.
    private void MakeOlder() => Harness.Scalar(
        """
        ALTER TABLE ~event_keys DROP COLUMN shared_body;
        ALTER TABLE ~events DROP COLUMN deduplication_key;
        DROP TABLE ~event_blocks, ~delivery_blocks;
        DROP INDEX ~outcomes_unusual, ~dead_letters_open_by_id;
        DELETE FROM ~meta WHERE name IN ('plain_keys_to', 'schema 2 serves', 'schema 3 serves');
        DELETE FROM ~schema_migrations WHERE scriptname >= '0002'
        """);
}
