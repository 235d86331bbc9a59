using Carrick.Diagnostics;
using Carrick.Hosting;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Reading;
using Carrick.Sqlite.Schema;
using Carrick.Sqlite.Writing;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Carrick.Sqlite;

/// <summary>The store in one SQLite file: one connection writes, a few read.</summary>
internal sealed partial class SqliteStore : IStore, IStoreUpkeep
{
    private static readonly TimeSpan StableAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DisposeWithin = TimeSpan.FromSeconds(5);
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _settings;
    private readonly ReaderPool _readers;
    private readonly ReaderPool _searches;
    private OpenStore? _open;
    private long _openedAt;
    private bool _stable;

    /// <param name="file">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For the events of <see cref="Log"/>.</param>
    /// <param name="settings">More PRAGMA statements for the writer.</param>
    /// <param name="searchTime">How long a search may take; 5 s by default.</param>
    public SqliteStore(SqliteFile file, TimeProvider time, ILogger logger, string settings = "", TimeSpan? searchTime = null)
    {
        File = file;
        _time = time;
        _logger = logger.Guarded();
        // Not larger: when pages were reordered in a tree, a commit looks through the whole cache, which costs every commit under load.
        _settings = "PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -4000; " + settings;
        _readers = new ReaderPool(file, ReaderLimits.Engine, time);
        _searches = new ReaderPool(file, ReaderLimits.Searches(searchTime ?? new CarrickOptions().QueryTimeLimit), time);
        Work = new SqliteWorkReader(_readers, State);
        Queries = new SqliteQueries(_readers, _searches, State, time);
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
                Counters.Commits, Counters.Commands, Counters.Pages * OpenStore.LoggedPageSize, Counters.Checkpoints, log.Exists ? log.Length : 0, _readers.Reads + _searches.Reads);
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

    // On the caller's thread, which has no other work: the commit thread's.
    public ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Gate.Wait(CancellationToken.None);
        try
        {
            Writer.Commit(commands);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
        finally
        {
            Gate.Release();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<SearchBlock?> ReadNextBlockAsync(BlockKind kind, CancellationToken cancellationToken) =>
        _readers.ReadAsync(kind, static (database, kind) => SearchBlocks.ReadNext(database, kind), cancellationToken);

    public ValueTask TrimAsync(DateTimeOffset eventsBefore, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
    {
        Gate.Wait(cancellationToken);
        try
        {
            Writer.Checkpoint(idle);
            if (!_stable && _time.GetElapsedTime(_openedAt) >= StableAfter)
            {
                _stable = true;
                MarkClean();
            }
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
        finally
        {
            Gate.Release();
        }

        return ValueTask.CompletedTask;
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
            _searches.Dispose();
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

    private async ValueTask<T> GuardAsync<T>(Func<T> action, string verb, CancellationToken cancellationToken) =>
        await DatabaseThread.RunAsync("carrick-store", () => Guard(action, verb, cancellationToken)).ConfigureAwait(false);

    private T Guard<T>(Func<T> action, string verb, CancellationToken cancellationToken)
    {
        Gate.Wait(cancellationToken);
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
