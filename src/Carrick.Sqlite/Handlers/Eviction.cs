using SQLitePCL;

namespace Carrick.Sqlite.Handlers;

/// <summary>
/// Takes a connection from code that does not end and may be inside a statement of it, on another thread. SQLite serialises the calls of one connection, so that ROLLBACK
/// by its handle is safe, and is let in when the statement that runs is interrupted. From then on the connection prepares no statement and commits nothing. Its objects
/// are left alone: they are not thread-safe, and are disposed by the loop of the code when it ends.
/// </summary>
internal static class Eviction
{
    private const int Deny = 1;
    private static readonly TimeSpan InterruptEvery = TimeSpan.FromMilliseconds(20);

    /// <returns>Ends when the transaction is over and its locks are free: a function of the handler's own that is called by a statement cannot be interrupted.</returns>
    public static async Task RunAsync(sqlite3 handle)
    {
        // A thread of its own, because it waits for the statement.
        var seizing = Task.Factory.StartNew(() => Seize(handle), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!seizing.IsCompleted)
        {
            Interrupt(handle);
            await Task.WhenAny(seizing, Task.Delay(InterruptEvery, TimeProvider.System)).ConfigureAwait(false);
        }

        await seizing.ConfigureAwait(false);
    }

    private static void Interrupt(sqlite3 handle)
    {
        try
        {
            raw.sqlite3_interrupt(handle);
        }
        catch (ObjectDisposedException)
        {
            // The code has closed the connection, which rolls back.
        }
    }

    private static void Seize(sqlite3 handle)
    {
        try
        {
            // In this order: nothing of the code's own can be committed in between.
            raw.sqlite3_commit_hook(handle, static _ => 1, null);
            raw.sqlite3_set_authorizer(handle, (strdelegate_authorizer)Authorize, null);
            while (raw.sqlite3_get_autocommit(handle) == 0)
            {
                _ = raw.sqlite3_exec(handle, "ROLLBACK");
            }
        }
        catch (ObjectDisposedException)
        {
            // The code has closed the connection, which rolls back.
        }
    }

    private static int Authorize(object data, int action, string first, string second, string database, string trigger) =>
        action == raw.SQLITE_TRANSACTION && first == "ROLLBACK" ? raw.SQLITE_OK : Deny;
}
