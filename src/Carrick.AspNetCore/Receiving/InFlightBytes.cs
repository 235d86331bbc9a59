namespace Carrick.Receiving;

/// <summary>Counts the bytes of bodies in memory and refuses more than the limit. Thread-safe.</summary>
internal sealed class InFlightBytes(long limit)
{
    private long _reserved;

    public long Reserved => Interlocked.Read(ref _reserved);

    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _reserved, bytes) <= limit)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);
}
