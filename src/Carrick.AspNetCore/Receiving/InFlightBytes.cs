using System.Collections.Concurrent;
using System.Net;
using Carrick.Transport;

namespace Carrick.Receiving;

/// <summary>Counts the bytes of bodies in memory, in all and by who sends them, and refuses more than the limits. Thread-safe.</summary>
/// <remarks>
/// Bodies that come in pieces may be a stranger's, who takes his time. They get nine tenths of the memory, so that the rest is there for bodies that come at
/// once: those are verified before anything waits. Of what it is part of, an integration or a remote address is given memory while it holds at most
/// <c>percent / (100 - percent)</c> times of what stays free: alone it reaches its percentage, several reach less each.
/// </remarks>
/// <param name="limit">The most bytes in all.</param>
/// <param name="percentPerIntegration">What one integration can reach, in percent.</param>
/// <param name="percentPerAddress">What one remote address can reach; less, so that it cannot use up an integration's share.</param>
internal sealed class InFlightBytes(long limit, int percentPerIntegration, int percentPerAddress)
{
    private readonly long _limitOfPieces = limit / 10 * 9;
    private readonly ConcurrentDictionary<string, IntegrationShare> _integrations = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, InFlightShare> _addresses = [];
    private readonly Lock _lock = new();
    private long _reserved;
    private long _pieces;

    public long Reserved => Interlocked.Read(ref _reserved);

    /// <summary>Remote addresses with bodies that have come in pieces, and how many bodies that are.</summary>
    public (int Addresses, int Bodies) Coming
    {
        get
        {
            lock (_lock)
            {
                return (_addresses.Count, _addresses.Values.Sum(share => share.Bodies));
            }
        }
    }

    public IntegrationShare Integration(string name) => _integrations.GetOrAdd(name, static (_, percent) => new IntegrationShare(percent), percentPerIntegration);

    /// <summary>The share of a remote address, for one body. It is forgotten when each of its bodies has left it.</summary>
    public InFlightShare EnterAddress(IPAddress? address)
    {
        var key = AddressKey.Of(address);
        lock (_lock)
        {
            if (!_addresses.TryGetValue(key, out var share))
            {
                _addresses[key] = share = new InFlightShare(percentPerAddress) { Key = key };
            }

            share.Bodies++;
            return share;
        }
    }

    public void LeaveAddress(InFlightShare share)
    {
        lock (_lock)
        {
            if (--share.Bodies == 0)
            {
                _addresses.Remove(share.Key);
            }
        }
    }

    /// <summary>Takes memory for a body.</summary>
    /// <param name="integration">Whose body it is.</param>
    /// <param name="address">Who sends it; <see langword="null"/> for a body that is here whole: it leaves as fast as we are.</param>
    /// <param name="bytes">How much.</param>
    public bool TryReserve(IntegrationShare integration, InFlightShare? address, long bytes)
    {
        var free = limit - Interlocked.Add(ref _reserved, bytes);
        if (free >= 0 && (address is null ? integration.Whole.TryAdd(bytes, free) : TryReservePiece(integration.Pieces, address, bytes)))
        {
            return true;
        }

        Interlocked.Add(ref _reserved, -bytes);
        return false;
    }

    public void Release(IntegrationShare integration, InFlightShare? address, long bytes)
    {
        if (address is null)
        {
            integration.Whole.Remove(bytes);
        }
        else
        {
            address.Remove(bytes);
            integration.Pieces.Remove(bytes);
            Interlocked.Add(ref _pieces, -bytes);
        }

        Interlocked.Add(ref _reserved, -bytes);
    }

    private bool TryReservePiece(InFlightShare integration, InFlightShare address, long bytes)
    {
        var free = _limitOfPieces - Interlocked.Add(ref _pieces, bytes);
        if (free >= 0 && integration.TryAdd(bytes, free))
        {
            if (address.TryAdd(bytes, free))
            {
                return true;
            }

            integration.Remove(bytes);
        }

        Interlocked.Add(ref _pieces, -bytes);
        return false;
    }
}
