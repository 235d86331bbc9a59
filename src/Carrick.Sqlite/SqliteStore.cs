using Carrick.Diagnostics;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Reading;
using Carrick.Sqlite.Schema;
using Carrick.Sqlite.Writing;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Carrick.Sqlite;

/// <summary>The store in one SQLite file: one connection writes, a few read.</summary>
internal sealed partial class SqliteStore : IStore
{
    private static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DisposeWithin = TimeSpan.FromSeconds(5);
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _settings;
    private readonly ReaderPool _readers;
    private OpenStore? _open;
    private long _openedAt;
    private bool _stable;

    /// <param name="file">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For the events of <see cref="Log"/>.</param>
    /// <param name="settings">More PRAGMA statements for the writer.</param>
    public SqliteStore(SqliteFile file, TimeProvider time, ILogger logger, string settings = "")
    {
        File = file;
        _time = time;
        _logger = logger.Guarded();
        // Not larger: when pages were reordered in a tree, a commit looks through the whole cache, which costs every commit under load.
        _settings = "PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -4000; " + settings;
        _readers = new ReaderPool(file);
        Work = new SqliteWorkReader(_readers, State);
        Queries = new SqliteQueries(_readers, State);
    }

    public string Name => File.Name;

    public IWorkReader Work { get; }

    public IStoreQueries Queries { get; }

    /// <summary>Held by whoever writes; sessions of handlers on this database share it.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public SqliteFile File { get; }

    public StoreState State { get; } = new();

    public StoreCounters Counters { get; } = new();

    /// <exception cref="StoreException">The store is not open.</exception>
    public StoreWriter Writer => _open?.Writer ?? throw new StoreException($"'{Name}' is not open.", StoreFailure.Configuration);

    public StoreStatistics Statistics
    {
        get
        {
            var log = new FileInfo(File.LogPath);
            return new StoreStatistics(
                Counters.Commits, Counters.Commands, Counters.Pages * OpenStore.LoggedPageSize, Counters.Checkpoints, log.Exists ? log.Length : 0, _readers.Reads);
        }
    }

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => GuardAsync(
        () =>
        {
            File.CreateDirectory();
            using var database = File.OpenWriter(_settings);
            var ran = MigrationRunner.Run(database, Name, Migrations.All);
            foreach (var migration in ran)
            {
                Log.Migrated(_logger, Name, migration);
            }

            return ran;
        },
        "migrate",
        cancellationToken);

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => GuardAsync(
        () =>
        {
            if (_open is not null)
            {
                throw new StoreException($"'{Name}' is open already.", StoreFailure.Taken);
            }

            var open = OpenStore.Take(File, _settings, Counters, Gate);
            State.Ids = new IdSpace(open.Ownership.IdLow);
            State.Names = open.Writer.ReadNames();
            (_open, _openedAt, _stable) = (open, _time.GetTimestamp(), false);
            Log.Opened(_logger, Name, open.Ownership.Epoch, open.Ownership.UncleanStarts);
            return open.Ownership;
        },
        "open",
        cancellationToken);

    public ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken) => GuardAsync(
        () =>
        {
            StoreCatalog? catalog = null;
            if (!Writer.Transact(() => catalog = Catalog.Register(Writer.Database, integrations, consumers), 1))
            {
                throw Writer.Taken();
            }

            State.Names = Writer.ReadNames();
            return catalog!;
        },
        "register names in",
        cancellationToken);

    public async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Writer.Commit(commands);
        }
        finally
        {
            Gate.Release();
        }
    }

    public async ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Writer.Checkpoint(idle);
            if (!_stable && _time.GetElapsedTime(_openedAt) >= StableAfter)
            {
                _stable = true;
                MarkClean();
            }
        }
        finally
        {
            Gate.Release();
        }
    }

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        await GuardAsync(
            () =>
            {
                if (_open is { } open)
                {
                    MarkClean();
                    open.Writer.Truncate();
                    Log.Closed(_logger, Name);
                }

                return true;
            },
            "close",
            cancellationToken).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!await Gate.WaitAsync(DisposeWithin).ConfigureAwait(false))
        {
            // A handler in this database that never returns: the files are closed with the process, and the next start recovers them.
            return;
        }

        try
        {
            _readers.Dispose();
            _open?.Dispose();
            _open = null;
        }
        finally
        {
            Gate.Release();
        }
    }

    private void MarkClean() => Writer.Transact(
        () => Writer.Database["UPDATE meta SET value = 0 WHERE name = 'unclean_starts'"].Run(), 1);

    private async ValueTask<T> GuardAsync<T>(Func<T> action, string verb, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return action();
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Wrap(error, Name, verb);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"Failed to {verb} '{Name}': {error.Message}", StoreFailure.Configuration, error);
        }
        finally
        {
            Gate.Release();
        }
    }
}
