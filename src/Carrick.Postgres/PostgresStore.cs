using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Carrick.Diagnostics;
using Carrick.Hosting;
using Carrick.Postgres.Nodes;
using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Carrick.Postgres.Schema;
using Carrick.Postgres.Writing;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Carrick.Postgres;

/// <summary>The store in one schema of a PostgreSQL database, which several nodes share: one connection of each commits, one renews its lease, a few read.</summary>
internal sealed partial class PostgresStore : ISharedStore, IStoreUpkeep
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
    private readonly SearchGate _searching;
    private readonly PostgresReader _searches;
    private readonly StoreCounters _counters = new();
    private readonly WriterGate _gate = new();
    private NodeLease? _lease;
    private StoreWriter? _writer;
    private ChangeWriter? _changes;
    private long _openedAt;
    private bool _stable;

    /// <param name="database">Where; disposed with the store.</param>
    /// <param name="time">The clock of the engine.</param>
    /// <param name="logger">For the events of <see cref="Log"/>.</param>
    /// <param name="searchTime">How long a search may take; 5 s by default.</param>
    public PostgresStore(PostgresDatabase database, TimeProvider time, ILogger logger, TimeSpan? searchTime = null)
    {
        Database = database;
        _time = time;
        _logger = logger.Guarded();
        LockKey = KeyOf(database.Schema);
        _reader = new PostgresReader(database);
        Work = new PostgresWorkReader(_reader, State);
        _searching = new SearchGate(searchTime ?? new CarrickOptions().QueryTimeLimit, time);
        _searches = new PostgresReader(database, _searching);
        Queries = new PostgresQueries(_reader, _searches, State, time);
    }

    public string Name => Database.Name;

    public IWorkReader Work { get; }

    public IStoreQueries Queries { get; }

    public PostgresDatabase Database { get; }

    public StoreState State { get; } = new() { Shards = new ShardSet(0) };

    public ShardSet Shards => State.Shards;

    /// <summary>Makes the ids; <see langword="null"/> until the store is open.</summary>
    public RecordIdGenerator? Ids { get; private set; }

    public Action<ClusterView>? Seen { get; set; }

    public Action? Told { get; set; }

    /// <summary>The advisory lock that every commit takes.</summary>
    public long LockKey { get; }

    /// <summary>The id of this node among those of the schema.</summary>
    public long Node { get; private set; }

    public StoreStatistics Statistics => new(_counters.Commits, _counters.Commands, 0, 0, 0, _reader.Reads + _searches.Reads);

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

    public ValueTask CheckAsync(CancellationToken cancellationToken) => new(GuardAsync(
        async () =>
        {
            await using var connection = await Database.OpenPooledAsync(cancellationToken).ConfigureAwait(false);
            await RequireAsync(connection, cancellationToken).ConfigureAwait(false);
            return true;
        },
        "check").AsTask());

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            if (_writer is not null)
            {
                throw new StoreException($"'{Name}' is open already.", StoreFailure.Taken);
            }

            await using (var connection = await Database.OpenAsync(cancellationToken).ConfigureAwait(false))
            {
                await RequireAsync(connection, cancellationToken).ConfigureAwait(false);
                await CheckSettingsAsync(connection, cancellationToken).ConfigureAwait(false);
            }

            var lease = new NodeLease(Database, LockKey, () => _writer?.Known ?? 0)
            {
                Shards = Shards,
                Failed = error => Log.NotRenewed(_logger, error, Name),
                Seen = view => Seen?.Invoke(view),
                Told = () => Told?.Invoke(),
            };
            try
            {
                var (node, shards, facts) = await lease.JoinAsync(connection => TakeAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
                var ownership = facts with { Epoch = node };
                State.Ids = new IdSpace(ownership.IdLow);
                (_lease, _openedAt, _stable, Node) = (lease, _time.GetTimestamp(), false, node);
                Database.SessionName = NodeSql.SessionName(LockKey, node);
                _changes = new ChangeWriter(State, Database, node);
                Ids = new RecordIdGenerator(_time, ownership.IdLow, ownership.LastIdKey);
                _writer = new StoreWriter(Database, State, _changes, Ids, LockKey, ownership.LastIdKey, _counters);
                await _gate.RunAsync(() => _writer.Transact(transaction => State.Names = Catalog.ReadNames(transaction), 0), cancellationToken).ConfigureAwait(false);
                Shards.Add(shards);
                lease.Start();
                Log.Opened(_logger, Name, node, ShardText.Count(shards), ownership.UncleanStarts);
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
                    catalog = Catalog.Register(transaction, _changes!, integrations, consumers);
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

    public ValueTask<SearchBlock?> ReadNextBlockAsync(BlockKind kind, CancellationToken cancellationToken) => SearchBlocks.ReadNextAsync(_reader, kind, cancellationToken);

    public ValueTask TrimAsync(DateTimeOffset eventsBefore, CancellationToken cancellationToken) => new(GuardAsync(
        async () =>
        {
            await OldDays.DropAsync(Database, eventsBefore, cancellationToken).ConfigureAwait(false);
            return true;
        },
        "trim").AsTask());

    public News? TakeNews() => Writer.TakeNews();

    public ValueTask EndSessionsAsync(IReadOnlyCollection<long> nodes, CancellationToken cancellationToken) => new(GuardAsync(
        async () =>
        {
            await using var connection = await Database.OpenPooledAsync(cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync(
                Database.Sql(
                    $"""
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE application_name IN (SELECT replace($1, '#', n.id::text) FROM ~nodes AS n WHERE n.id = ANY ($2) AND {NodeSql.IsDead})
                    """),
                cancellationToken,
                P.Text(NodeSql.SessionPattern(LockKey)),
                P.Int64s([.. nodes])).ConfigureAwait(false);
            return true;
        },
        "change").AsTask());

    public async ValueTask<ClusterView> ReadNodesAsync(CancellationToken cancellationToken)
    {
        var nodes = await _reader.ListAsync(
            $"SELECT {NodeSql.Columns} FROM ~nodes AS n ORDER BY n.id", [], row => NodeSql.Read(row, static (_, hasSession) => !hasSession), cancellationToken).ConfigureAwait(false);
        return new ClusterView(Node, nodes);
    }

    public ValueTask<bool> SettleAsync(CancellationToken cancellationToken) => _gate.RunAsync(() => Writer.Settle(), cancellationToken);

    public ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken) => _gate.RunAsync(
        () =>
        {
            var writer = Writer;
            if (_lease?.IsLost == true)
            {
                // An idle node would not notice by a commit, and would start what becomes due.
                throw writer.Taken();
            }

            if (!_stable && _time.GetElapsedTime(_openedAt) >= StableAfter)
            {
                MarkClean();
                _stable = true;
            }
        },
        cancellationToken);

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (_writer is not null)
        {
            await _gate.RunAsync(MarkClean, cancellationToken).ConfigureAwait(false);
            await GuardAsync(
                async () =>
                {
                    await _lease!.LeaveAsync().ConfigureAwait(false);
                    return true;
                },
                "close").ConfigureAwait(false);
            Log.Closed(_logger, Name);
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer?.WasTaken == true)
        {
            await CountAsNoCrashAsync().ConfigureAwait(false);
        }

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
        _searching.Dispose();
    }

    /// <summary>Counts the commit of a handler's transaction in this database.</summary>
    public void Committed(int commands) => _counters.Committed(commands, 0);

    // A node that ends because it stood still has not brought its process down.
    private async Task CountAsNoCrashAsync()
    {
        try
        {
            await using var connection = await Database.OpenPooledAsync(CancellationToken.None).ConfigureAwait(false);
            await connection.ExecuteAsync(
                Database.Sql("UPDATE ~meta SET value = greatest(value - 1, 0) WHERE name = 'unclean_starts'"), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
        {
            Log.NotCounted(_logger, error, Name);
        }
    }

    private void MarkClean() => Writer.Transact(transaction => transaction.Run("UPDATE ~meta SET value = 0 WHERE name = 'unclean_starts'"), 1);

    // Inside the transaction that joins, under the lock: no id can be made meanwhile.
    private async Task<StoreOwnership> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await connection.ScalarAsync(Database.Sql("INSERT INTO ~meta (name, value) VALUES ('id_low', $1) ON CONFLICT (name) DO NOTHING"), cancellationToken, P.Int64(NewLow())).ConfigureAwait(false);
        var unclean = await connection.ScalarAsync(
            Database.Sql("INSERT INTO ~meta AS m (name, value) VALUES ('unclean_starts', 1) ON CONFLICT (name) DO UPDATE SET value = m.value + 1 RETURNING value - 1"),
            cancellationToken).ConfigureAwait(false);
        var low = await connection.ScalarAsync(Database.Sql("SELECT value FROM ~meta WHERE name = 'id_low'"), cancellationToken).ConfigureAwait(false);
        var newest = await connection.ScalarAsync(Database.Sql(NewestId), cancellationToken).ConfigureAwait(false);
        var retention = await connection.ScalarAsync(Database.Sql("SELECT value FROM ~meta WHERE name = 'retention_at'"), cancellationToken).ConfigureAwait(false);
        var last = await connection.ScalarAsync(
            Database.Sql("SELECT setval('~ids', greatest($1, (SELECT last_value FROM ~ids)))"), cancellationToken, P.Int64((long)newest!)).ConfigureAwait(false);
        return new StoreOwnership(0, (ulong)(long)low!, (long)last!, (int)(long)unclean!) { RetentionAt = UnixTime.From(retention as long?) };
    }

    private async Task RequireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await MigrationRunner.VerifyAsync(Database, connection, Migrations.All, cancellationToken).ConfigureAwait(false);
        await Requirements.RequireWritableAsync(Database, connection, cancellationToken).ConfigureAwait(false);
        await Requirements.RequirePermissionsAsync(Database, connection, cancellationToken).ConfigureAwait(false);
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
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
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
