using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Carrick.Postgres.Schema;
using Carrick.Postgres.Writing;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Carrick.Postgres;

/// <summary>The store in one schema of a PostgreSQL database: one connection commits, one renews the lease, a few read.</summary>
internal sealed partial class PostgresStore : IStore
{
    private static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(1);

    // The tables whose keys are ids of this store.
    private const string NewestId =
        """
        SELECT greatest(0,
            (SELECT max(id) FROM ~events), (SELECT max(event) FROM ~event_keys), (SELECT max(delivery) FROM ~outcomes),
            (SELECT max(delivery) FROM ~dead_letters), (SELECT max(id) FROM ~replays),
            (SELECT max((SELECT max(id) FROM ~work WHERE consumer = number)) FROM ~consumers))
        """;

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PostgresReader _reader;
    private readonly TimeSpan _patience;
    private readonly StoreCounters _counters = new();
    private readonly WriterGate _gate = new();
    private Lease? _lease;
    private StoreWriter? _writer;
    private long _openedAt;
    private bool _stable;

    /// <param name="database">Where; disposed with the store.</param>
    /// <param name="time">The clock of the engine.</param>
    /// <param name="logger">For the events of <see cref="Log"/>.</param>
    /// <param name="patience">How long opening waits for a live owner to end.</param>
    public PostgresStore(PostgresDatabase database, TimeProvider time, ILogger logger, TimeSpan? patience = null)
    {
        _patience = patience ?? Lease.DefaultPatience;
        Database = database;
        _time = time;
        _logger = logger;
        LockKey = KeyOf(database.Schema);
        _reader = new PostgresReader(database);
        Work = new PostgresWorkReader(_reader, State);
        Queries = new PostgresQueries(_reader, State);
    }

    public string Name => Database.Name;

    public IWorkReader Work { get; }

    public IStoreQueries Queries { get; }

    public PostgresDatabase Database { get; }

    public StoreState State { get; } = new();

    /// <summary>The advisory lock that every commit takes.</summary>
    public long LockKey { get; }

    /// <summary>The epoch of this ownership.</summary>
    /// <exception cref="StoreException">The store is not open.</exception>
    public long Epoch => Writer.Epoch;

    public StoreStatistics Statistics => new(_counters.Commits, _counters.Commands, 0, 0, 0, _reader.Reads);

    private StoreWriter Writer => _writer ?? throw new StoreException($"'{Name}' is not open.", StoreFailure.Configuration);

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            var ran = await MigrationRunner.RunAsync(Database, LockKey, Migrations.All, cancellationToken).ConfigureAwait(false);
            foreach (var migration in ran)
            {
                Log.Migrated(_logger, Name, migration);
            }

            return ran;
        },
        "migrate");

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            if (_writer is not null)
            {
                throw new StoreException($"'{Name}' is open already.", StoreFailure.Taken);
            }

            await using (var connection = await Database.OpenAsync(cancellationToken).ConfigureAwait(false))
            {
                await MigrationRunner.VerifyAsync(Database, connection, Migrations.All, cancellationToken).ConfigureAwait(false);
                await CheckSettingsAsync(connection, cancellationToken).ConfigureAwait(false);
            }

            var lease = new Lease(Database, LockKey, _patience);
            try
            {
                var (epoch, facts) = await lease.TakeAsync(connection => TakeAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
                var ownership = facts with { Epoch = epoch };
                State.Ids = new IdSpace(ownership.IdLow);
                (_lease, _openedAt, _stable) = (lease, _time.GetTimestamp(), false);
                _writer = new StoreWriter(Database, State, LockKey, epoch, _counters);
                await _gate.RunAsync(() => _writer.Transact(transaction => State.Names = Catalog.ReadNames(transaction), 0), cancellationToken).ConfigureAwait(false);
                Log.Opened(_logger, Name, epoch, ownership.UncleanStarts);
                return ownership;
            }
            catch
            {
                await lease.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        },
        "open");

    public ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken) => _gate.RunAsync(
        () =>
        {
            StoreCatalog? catalog = null;
            Names? names = null;
            if (!Writer.Transact(
                transaction =>
                {
                    catalog = Catalog.Register(transaction, integrations, consumers);
                    names = Catalog.ReadNames(transaction);
                },
                1))
            {
                throw Writer.Taken();
            }

            State.Names = names!;
            return catalog!;
        },
        cancellationToken);

    public ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken) => _gate.RunAsync(
        () => Writer.Commit(commands), cancellationToken);

    public ValueTask<bool> SettleAsync(CancellationToken cancellationToken) => _gate.RunAsync(() => Writer.Settle(), cancellationToken);

    public ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken) => _gate.RunAsync(
        () =>
        {
            if (_lease?.IsLost == true)
            {
                // An idle owner would not notice by a commit, and would start what becomes due.
                throw Writer.Taken();
            }

            Writer.DropOldDay();
            if (!_stable && _time.GetElapsedTime(_openedAt) >= StableAfter)
            {
                MarkClean();
                _stable = true;
            }
        },
        cancellationToken);

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (_writer is { } writer)
        {
            await _gate.RunAsync(MarkClean, cancellationToken).ConfigureAwait(false);
            await GuardAsync(
                async () =>
                {
                    await _lease!.ReleaseAsync(writer.Epoch).ConfigureAwait(false);
                    return true;
                },
                "close").ConfigureAwait(false);
            Log.Closed(_logger, Name);
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lease is not null)
        {
            await _lease.DisposeAsync().ConfigureAwait(false);
            _lease = null;
        }

        await _gate.CloseAsync(() =>
        {
            _writer?.Dispose();
            _writer = null;
        }).ConfigureAwait(false);
        await Database.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Counts the commit of a handler's transaction in this database.</summary>
    public void Committed(int commands) => _counters.Committed(commands, 0);

    private void MarkClean() => Writer.Transact(transaction => transaction.Run("UPDATE ~meta SET value = 0 WHERE name = 'unclean_starts'"), 1);

    // Inside the transaction that raises the epoch, under the lock: no id can be made meanwhile.
    private async Task<StoreOwnership> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await connection.ScalarAsync(Database.Sql("INSERT INTO ~meta (name, value) VALUES ('id_low', $1) ON CONFLICT (name) DO NOTHING"), cancellationToken, P.Int64(NewLow())).ConfigureAwait(false);
        var unclean = await connection.ScalarAsync(
            Database.Sql("INSERT INTO ~meta AS m (name, value) VALUES ('unclean_starts', 1) ON CONFLICT (name) DO UPDATE SET value = m.value + 1 RETURNING value - 1"),
            cancellationToken).ConfigureAwait(false);
        var low = await connection.ScalarAsync(Database.Sql("SELECT value FROM ~meta WHERE name = 'id_low'"), cancellationToken).ConfigureAwait(false);
        var newest = await connection.ScalarAsync(Database.Sql(NewestId), cancellationToken).ConfigureAwait(false);
        return new StoreOwnership(0, (ulong)(long)low!, (long)newest!, (int)(long)unclean!);
    }

    private async Task CheckSettingsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var setting in (string[])["fsync", "full_page_writes"])
        {
            if (await connection.ScalarAsync(Database.Sql("SELECT current_setting($1)"), cancellationToken, P.Text(setting)).ConfigureAwait(false) is "off")
            {
                Log.Unsafe(_logger, Name, setting);
            }
        }
    }

    private async ValueTask<T> GuardAsync<T>(Func<Task<T>> action, string verb)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Wrap(error, Name, verb);
        }
    }

    // The identity of a database must be unique in the world, so it does not come from a seeded source.
    private static long NewLow()
    {
        var random = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        return (long)((random & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000);
    }

    // Advisory locks are numbers, for the whole database; each schema has its own.
    private static long KeyOf(SchemaName schema) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("carrick:" + schema.Name))) & long.MaxValue;
}
