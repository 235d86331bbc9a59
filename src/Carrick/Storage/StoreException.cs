namespace Carrick;

/// <summary>A database failed. The message has no payload, no credentials and no SQL values.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StoreException(string message, StoreFailure failure, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>What to do about it.</summary>
    public StoreFailure Failure { get; }
}

/// <summary>The kinds of storage failure, by what to do about them.</summary>
public enum StoreFailure
{
    /// <summary>Busy, locked, read-only, connection lost, and whatever is not surely one of the others: try again with back-off.</summary>
    Transient,

    /// <summary>No space left: refuse new events, keep trying to complete.</summary>
    Full,

    /// <summary>The outcome of the last write cannot be found out, or the data is damaged (a failed fsync, I/O error, corruption): stop and recover.</summary>
    Fatal,

    /// <summary>Another process owns the store.</summary>
    Taken,

    /// <summary>The store cannot be used as it is: wrong version, unsafe settings, schema missing.</summary>
    Configuration,

    /// <summary>The connection was lost during a commit: ask <see cref="Storage.IStore.SettleAsync"/> what became of it.</summary>
    Unknown,

    /// <summary>The database refuses a value of the command, and would refuse it again: the command fails alone, nothing of it was applied.</summary>
    Data,
}
