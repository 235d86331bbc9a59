using System.Collections.Concurrent;
using System.Security.Cryptography;
using IncrementalHash = System.Security.Cryptography.IncrementalHash;
using PublicKey = NSec.Cryptography.PublicKey;

namespace Carrick.Signatures;

/// <summary>One secret made ready for one alternative. Thread-safe.</summary>
internal sealed class WebhookKey
{
    private const int PoolSize = 32;
    private readonly HashAlgorithmName _hash;
    private readonly ConcurrentBag<IncrementalHash> _macs = [];
    private int _kept;

    public WebhookKey(int number, byte[] bytes, HashAlgorithmName hash, PublicKey? publicKey)
    {
        Number = number;
        Bytes = bytes;
        PublicKey = publicKey;
        _hash = hash;
    }

    /// <summary>The secret's place in the configuration, from 1.</summary>
    public int Number { get; }

    public byte[] Bytes { get; }

    public PublicKey? PublicKey { get; }

    /// <summary>A MAC that has seen nothing yet. Keying costs two hash blocks, so used ones are kept.</summary>
    public IncrementalHash RentMac() => Take() ?? IncrementalHash.CreateHMAC(_hash, Bytes);

    /// <summary>Takes back a MAC that was reset.</summary>
    public void ReturnMac(IncrementalHash mac)
    {
        // Counted here: the bag's own count locks every thread out of it.
        if (Interlocked.Increment(ref _kept) <= PoolSize)
        {
            _macs.Add(mac);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
            mac.Dispose();
        }
    }

    private IncrementalHash? Take()
    {
        if (!_macs.TryTake(out var mac))
        {
            return null;
        }

        Interlocked.Decrement(ref _kept);
        return mac;
    }
}
