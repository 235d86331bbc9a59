using System.Collections.Concurrent;
using Carrick.Sqlite.Raw;
using Microsoft.Data.Sqlite;

namespace Carrick.Sqlite.Reading;

/// <summary>A few read-only connections. Each read is short, so that none holds up a checkpoint. Thread-safe.</summary>
internal sealed class ReaderPool(SqliteFile file) : IDisposable
{
    private const int Size = 4;
    private readonly ConcurrentBag<Database> _idle = [];
    private readonly SemaphoreSlim _free = new(Size, Size);
    private volatile bool _closed;
    private long _reads;

    /// <summary>Reads so far.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>Runs one read: all its statements see one snapshot.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public async ValueTask<T> ReadAsync<TState, T>(TState state, Func<Database, TState, T> read, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        Database? database = null;
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            database = _idle.TryTake(out var idle) ? idle : Open();
            Interlocked.Increment(ref _reads);
            database["BEGIN"].Run();
            var result = read(database, state);
            database["COMMIT"].Run();
            Return(database);
            return result;
        }
        catch (SqliteException error)
        {
            database?.Dispose();
            throw SqliteErrors.Wrap(error, file.Name, "read");
        }
        catch
        {
            // A statement may stand in the middle of its rows; the connection is not used again.
            database?.Dispose();
            throw;
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out var database))
        {
            database.Dispose();
        }
    }

    private void Return(Database database)
    {
        _idle.Add(database);
        if (_closed)
        {
            Dispose();
        }
    }

    private Database Open() => Database.Open(
        file.ConnectionString(readOnly: true), "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA mmap_size = 0;");
}
