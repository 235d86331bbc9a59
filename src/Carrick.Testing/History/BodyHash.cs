using System.Security.Cryptography;

namespace Carrick.Testing.History;

/// <summary>Names the bytes of a body in a history, without the bytes. Thread-safe.</summary>
public static class BodyHash
{
    private const int Length = 8;

    /// <summary>The first 8 bytes of the SHA-256, as 16 hexadecimal digits.</summary>
    public static string Of(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return Convert.ToHexStringLower(hash[..Length]);
    }
}
