using Carrick.Sqlite.Raw;
using SQLitePCL;

namespace Carrick.Sqlite.Writing;

/// <summary>
/// Moves the log into the database file, on the writer's connection and only between commits: a checkpoint inside a commit
/// would make everyone who waits for that commit wait for it too.
/// </summary>
internal sealed class Checkpointer(Database database, StoreCounters counters)
{
    /// <summary>Pages that make a checkpoint worth it when nobody waits: 1 MiB.</summary>
    private const long IdlePages = 256;

    /// <summary>Pages after which the log is moved under load too: small steps keep the pause between two commits short.</summary>
    private const long BusyPages = 500;

    private long _done;

    /// <summary>Moves what it can without waiting for readers.</summary>
    public bool Run(bool idle)
    {
        if (counters.Pages - _done < (idle ? IdlePages : BusyPages))
        {
            return false;
        }

        Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        return true;
    }

    /// <summary>Moves everything and empties the log; what a reader holds stays in the log, which is safe.</summary>
    public void Truncate() => Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE);

    private void Checkpoint(int mode)
    {
        var result = raw.sqlite3_wal_checkpoint_v2(database.Handle, "main", mode, out _, out _);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY))
        {
            throw SqliteErrors.Describe(database.Handle, result);
        }

        _done = counters.Pages;
        counters.Checkpointed();
    }
}
