using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteDeduplicationCompliance : DeduplicationCompliance<SqliteHarness>
{
    [Fact]
    public async Task Ingest_AfterAnUpgrade_KnowsWhatOnlyItsIdWasKnownBy()
    {
        await MakeOlderAsync();
        var booked = NewEvent("m1", "one");
        CommitOfOlder(booked);
        await Store.DisposeAsync();
        await OpenAsync(Harness.Create(Time));
        var (again, ofHeader, changed, otherId) = (Keyed("m1", "one"), Keyed("other", "one", earlier: "m1"), Keyed("m1", "two"), Keyed("m2", "one"));

        await CommitAsync(Ingest(again), Ingest(ofHeader), Ingest(changed), Ingest(otherId));

        Assert.Equal(new IngestResult(booked.Id, true, false), again.Result);
        Assert.Equal(new IngestResult(booked.Id, true, false), ofHeader.Result);
        Assert.Equal(new IngestResult(changed.Id, false, false), changed.Result);
        Assert.Equal(new IngestResult(otherId.Id, false, false), otherId.Result);
    }

    [Fact]
    public async Task Ingest_OfAnIdThatAloneIsAKeySinceTheUpgrade_IsNotMistakenForIt()
    {
        await MakeOlderAsync();
        CommitOfOlder(NewEvent("before", "one"));
        await Store.DisposeAsync();
        await OpenAsync(Harness.Create(Time));
        await CommitAsync(Ingest(NewEvent("m1", "one")));
        var keyed = Keyed("m1", "one");

        await CommitAsync(Ingest(keyed));

        Assert.False(keyed.Result.Duplicate);
    }

    [Fact]
    public async Task Ingest_OfSignedIds_IsInNoIndexOfBodies()
    {
        await CommitAsync(Ingest(NewEvent("m1"), Keyed("m2", "two", isShared: false), Keyed("m3", "three")));

        Assert.Equal((2L, 1L), (Harness.Scalar("SELECT count(*) FROM events WHERE deduplication_key IS NOT NULL"), Harness.Scalar("SELECT count(*) FROM event_keys WHERE shared_body IS NOT NULL")));
    }

    // A database as the scripts before 0004 leave it.
    private async Task MakeOlderAsync()
    {
        await Store.DisposeAsync();
        Harness.Scalar("DROP INDEX event_keys_shared_body; ALTER TABLE event_keys DROP COLUMN shared_body; ALTER TABLE events DROP COLUMN deduplication_key");
        Harness.Scalar("DROP TABLE event_blocks; DROP TABLE delivery_blocks; DROP INDEX outcomes_unusual; DROP INDEX dead_letters_open_by_id");
        Harness.Scalar("DELETE FROM schema_migrations WHERE ScriptName >= '0004'");
    }

    private void CommitOfOlder(NewEvent item)
    {
        Ingest(item).AssignIds(Ids);
        Harness.Scalar(
            $"""
            INSERT INTO event_keys (event, integration, message_id, body_hash) VALUES ({item.Id.Key}, {item.Integration}, '{item.Content.MessageId}', {item.BodyHash});
            INSERT INTO events (id, integration, type, message_id, received_at, body) VALUES ({item.Id.Key}, {item.Integration}, 't', '{item.Content.MessageId}', 0, 'x')
            """);
    }
}
