using System.Globalization;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>
/// What a power cut can leave of the log: all that was synced when the last commit was acknowledged, and behind it anything. A copy of the files
/// cannot show that, because it reads what the operating system has not written yet; these images are made from the lengths at each acknowledgement.
/// </summary>
public sealed class SqlitePowerCutTests : StoreTest<SqliteHarness>
{
    private const int Images = 500;
    private const int OpenedByTheStore = 25;
    private const int Commits = 40;
    private const int Seed = 20_260_301;

    private readonly Random _random = new(Seed);

    private enum Damage
    {
        Cut,
        Zeroed,
        Garbled,
        SomeSectorsMissing,
    }

    [Fact]
    public async Task Open_OnALogCutBehindTheLastAck_HasEveryAckAndNothingHalf()
    {
        // A reader that stays where it is keeps every checkpoint from moving what is committed after it, so that the log only grows.
        await using var reader = new SqliteConnection(Harness.ConnectionString + ";Pooling=False");
        await reader.OpenAsync(Token);
        await HoldAsync(reader);
        var acks = await CommitManyAsync();
        var database = await ReadAsync(Harness.DatabasePath);
        var log = await ReadAsync(Harness.DatabasePath + "-wal");
        Assert.Equal(acks[^1].Length, log.Length);

        for (var image = 0; image < Images; image++)
        {
            var ack = acks[_random.Next(acks.Count)];
            var (damage, step) = ((Damage)(image % 4), image % 8 < 4 ? 512 : 4096);
            await using var cut = new SqliteHarness();
            await File.WriteAllBytesAsync(cut.DatabasePath, database, Token);
            await File.WriteAllBytesAsync(cut.DatabasePath + "-wal", Spoil(log, (int)ack.Length, damage, step), Token);

            await CheckAsync(cut, ack, string.Create(CultureInfo.InvariantCulture, $"image {image} of seed {Seed}: {damage} in steps of {step} behind {ack}"));
            if (image % (Images / OpenedByTheStore) == 0)
            {
                await GoOnAsync(cut, ack);
            }
        }
    }

    private async Task<IReadOnlyList<Ack>> CommitManyAsync()
    {
        List<Ack> acks = [new(0, Length())];
        for (var commit = 1; commit <= Commits; commit++)
        {
            var events = acks[^1].Events;
            var size = 1 + _random.Next(4);
            await CommitAsync(Ingest([.. Enumerable.Range(events + 1, size).Select(number => NewEvent(
                $"m{number}", body: new string('x', _random.Next(6_000)), consumers: [Orders, Ledger]))]));
            acks.Add(new Ack(events + size, Length()));
        }

        return acks;

        long Length() => new FileInfo(Harness.DatabasePath + "-wal").Length;
    }

    // What was synced stays; sectors behind it are missing, zero, garbage, or there.
    private byte[] Spoil(byte[] log, int synced, Damage damage, int step)
    {
        var from = Math.Min(log.Length, synced + (step * _random.Next(1 + ((log.Length - synced) / step))));
        if (damage == Damage.Cut)
        {
            return log[..from];
        }

        var image = (byte[])log.Clone();
        for (var at = damage == Damage.SomeSectorsMissing ? synced : from; at < image.Length; at += step)
        {
            var sector = image.AsSpan(at, Math.Min(step, image.Length - at));
            if (damage == Damage.Garbled)
            {
                _random.NextBytes(sector);
            }
            else if (damage == Damage.Zeroed || _random.Next(2) == 0)
            {
                sector.Clear();
            }
        }

        return image;
    }

    private static async Task CheckAsync(SqliteHarness cut, Ack ack, string what)
    {
        await using var connection = new SqliteConnection(cut.ConnectionString + ";Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            WITH RECURSIVE acked(number) AS (SELECT 1 WHERE $acked > 0 UNION ALL SELECT number + 1 FROM acked WHERE number < $acked)
            SELECT (SELECT group_concat(quick_check) FROM pragma_quick_check), (SELECT count(*) FROM events), (SELECT count(*) FROM event_keys),
                   (SELECT count(*) FROM work), (SELECT count(DISTINCT event) FROM work),
                   (SELECT count(*) FROM acked WHERE NOT EXISTS (SELECT 1 FROM events WHERE message_id = 'm' || number))
            """;
        command.Parameters.AddWithValue("$acked", ack.Events);
        await using var row = await command.ExecuteReaderAsync(Token);
        Assert.True(await row.ReadAsync(Token));
        var events = row.GetInt64(1);
        Assert.True(row.GetString(0) == "ok", $"{what}: {row.GetString(0)}");
        Assert.True(row.GetInt64(5) == 0, $"{what}: {row.GetInt64(5)} acknowledged events are missing");
        Assert.True(row.GetInt64(2) == events && row.GetInt64(3) == events * 2 && row.GetInt64(4) == events, $"{what}: half an event");
    }

    private async Task GoOnAsync(SqliteHarness cut, Ack ack)
    {
        await using var store = cut.Create(Time);
        await store.OpenAsync(Token);
        await store.RegisterAsync([], [], Token);
        var (again, other) = (NewEvent("m1", consumers: Orders), NewEvent("new", consumers: Orders));
        var ingest = Ingest(again, other);
        ingest.AssignIds(Ids);

        await store.CommitAsync([ingest], Token);

        Assert.True(again.Result.Duplicate || ack.Events == 0);
        Assert.False(other.Result.Duplicate);
    }

    private static async Task HoldAsync(SqliteConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; SELECT count(*) FROM events";
        await command.ExecuteScalarAsync(Token);
    }

    private static async Task<byte[]> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Token);
        return bytes;
    }

    /// <summary>How much had been acknowledged, and how long the log was then.</summary>
    private readonly record struct Ack(int Events, long Length);
}
