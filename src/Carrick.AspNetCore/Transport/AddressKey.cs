using System.Buffers.Binary;
using System.Net;

namespace Carrick.Transport;

/// <summary>By what a remote address is counted: IPv4 by itself, also where it is mapped into IPv6; IPv6 by its /64, which one subscriber has. Pure.</summary>
internal static class AddressKey
{
    /// <summary>The key; 0 for what has no address, such as a Unix socket.</summary>
    public static UInt128 Of(IPAddress? address)
    {
        const ulong Mapped = 0x0000_FFFF_0000_0000;
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var written))
        {
            return 0;
        }

        if (written == 4)
        {
            return new UInt128(0, Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return address.IsIPv4MappedToIPv6 ? value : value >> 64 << 64;
    }
}
