using Microsoft.AspNetCore.Connections;

namespace Carrick.Transport;

/// <summary>One open connection: whether it is at work, and since when it is not. A feature of the connection, so that its requests find it. Thread-safe.</summary>
internal sealed class TransportSlot(ConnectionContext connection, AddressConnections address, TimeProvider time)
{
    private int _requests;
    private long _since = time.GetTimestamp();
    private volatile bool _served;

    public ConnectionContext Connection => connection;

    public AddressConnections Address => address;

    /// <summary>Where the table has it; -1 once it is counted no more. Guarded by the table's lock.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Whether the headers of a request have ever been complete.</summary>
    public bool HasServed => _served;

    public bool IsIdle => Volatile.Read(ref _requests) == 0;

    /// <summary>When it was opened, or its last request ended, in ticks of the clock.</summary>
    public long Since => Volatile.Read(ref _since);

    public void BeginRequest()
    {
        Interlocked.Increment(ref _requests);
        _served = true;
    }

    public void EndRequest()
    {
        Volatile.Write(ref _since, time.GetTimestamp());
        Interlocked.Decrement(ref _requests);
    }
}

/// <summary>How many connections a remote address has. Guarded by the table's lock.</summary>
internal sealed class AddressConnections(UInt128 key)
{
    public UInt128 Key => key;

    public int Count { get; set; }
}
