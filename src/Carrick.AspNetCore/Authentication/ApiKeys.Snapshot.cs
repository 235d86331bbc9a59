namespace Carrick.Authentication;

public sealed partial class ApiKeys
{
    /// <summary>The keys in force: read again after a change of ours, and every 30 s for changes of others.</summary>
    private async ValueTask<ApiKeySnapshot> ReadSnapshotAsync(CancellationToken cancellationToken)
    {
        if (Current() is { } current)
        {
            return current;
        }

        await _reading.WaitAsync(cancellationToken);
        try
        {
            return Current() ?? await ReadStoreAsync(cancellationToken);
        }
        finally
        {
            _reading.Release();
        }
    }

    private async ValueTask<ApiKeySnapshot> ReadStoreAsync(CancellationToken cancellationToken)
    {
        // Taken before the read: a change during the read makes the result out of date at once.
        var changes = Volatile.Read(ref _changes);
        var now = _time.GetUtcNow();
        try
        {
            var read = new ApiKeySnapshot(await ListAsync(cancellationToken), now, changes);
            Volatile.Write(ref _snapshot, read);
            return read;
        }
        catch (StoreException exception) when (Volatile.Read(ref _snapshot) is { } old && old.Changes == changes)
        {
            LogStaleKeys(exception.Failure, exception.Message);
            return old;
        }
    }

    private ApiKeySnapshot? Current() =>
        Volatile.Read(ref _snapshot) is { } snapshot
        && snapshot.Changes == Volatile.Read(ref _changes)
        && _time.GetUtcNow() - snapshot.ReadAt < SnapshotAge
            ? snapshot
            : null;
}
