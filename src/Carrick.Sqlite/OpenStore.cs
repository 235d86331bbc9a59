using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Schema;
using Carrick.Sqlite.Writing;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite;

/// <summary>What a process holds while it owns the store: the lock file and the writing connection.</summary>
internal sealed class OpenStore : IDisposable
{
    /// <summary>Bytes that a page takes in the log, with its header.</summary>
    public const int LoggedPageSize = 4_096 + 24;

    // The tables whose keys are ids of this store.
    private const string NewestId =
        """
        SELECT max(
            coalesce((SELECT max(id) FROM events), 0), coalesce((SELECT max(event) FROM event_keys), 0),
            coalesce((SELECT max(delivery) FROM outcomes), 0), coalesce((SELECT max(delivery) FROM dead_letters), 0),
            coalesce((SELECT max(id) FROM replays), 0),
            coalesce((SELECT max((SELECT max(id) FROM work WHERE consumer = number)) FROM consumers), 0))
        """;

    private readonly FileOwnership _ownership;

    private OpenStore(FileOwnership ownership, StoreWriter writer, StoreOwnership facts)
    {
        _ownership = ownership;
        Writer = writer;
        Ownership = facts;
    }

    public StoreWriter Writer { get; }

    public StoreOwnership Ownership { get; }

    /// <exception cref="StoreException">Another process owns it, or it cannot be used.</exception>
    public static OpenStore Take(SqliteFile file, string settings, StoreCounters counters, SemaphoreSlim gate)
    {
        if (!System.IO.File.Exists(file.Path))
        {
            throw new StoreException($"'{file.Name}' does not exist. Run the migrations first.", StoreFailure.Configuration);
        }

        var ownership = FileOwnership.Take(file);
        Database? database = null;
        try
        {
            database = file.OpenWriter(settings);
            MigrationRunner.Verify(database, file.Name, Migrations.All);
            var facts = Raise(database);
            return new OpenStore(ownership, new StoreWriter(file, database, new IdSpace(facts.IdLow), facts.Epoch, counters, gate), facts);
        }
        catch
        {
            database?.Dispose();
            ownership.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Writer.Dispose();
        _ownership.Dispose();
    }

    private static StoreOwnership Raise(Database database)
    {
        database.Execute("BEGIN IMMEDIATE");
        database["INSERT INTO meta (name, value) VALUES ('id_low', ?1) ON CONFLICT DO NOTHING"].Bind(1, NewLow()).Run();
        database["INSERT INTO leases (shard, owner, epoch) VALUES (0, ?1, 1) ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, epoch = epoch + 1"]
            .Bind(1, string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}")).Run();
        var unclean = database["SELECT value FROM meta WHERE name = 'unclean_starts'"].Scalar() ?? 0;
        database["INSERT INTO meta (name, value) VALUES ('unclean_starts', 1) ON CONFLICT DO UPDATE SET value = value + 1"].Run();
        var facts = new StoreOwnership(
            database["SELECT epoch FROM leases WHERE shard = 0"].Scalar()!.Value,
            (ulong)database["SELECT value FROM meta WHERE name = 'id_low'"].Scalar()!.Value,
            database[NewestId].Scalar() ?? 0,
            (int)unclean)
        {
            RetentionAt = UnixTime.From(database["SELECT value FROM meta WHERE name = 'retention_at'"].Scalar()),
        };
        database.Execute("COMMIT");
        return facts;
    }

    // The identity of a database must be unique in the world, so it does not come from a seeded source.
    private static long NewLow()
    {
        var random = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        return (long)((random & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000);
    }
}
