using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Carrick.Authentication;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>The opaque position after a page: the last id, bound to the path and the filters it came from.</summary>
internal static class PageCursor
{
    private const int Length = 20;

    public static string Format(RecordId last, uint fingerprint)
    {
        Span<byte> bytes = stackalloc byte[Length];
        last.WriteBytes(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], fingerprint);
        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryParse(string text, uint fingerprint, out RecordId last)
    {
        last = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length)
            || Base64Url.DecodeFromChars(text, bytes, out var read, out var written) != OperationStatus.Done
            || read != text.Length || written != Length
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]) != fingerprint)
        {
            return false;
        }

        last = new RecordId(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        return true;
    }

    /// <summary>A checksum of all that chooses the items of a list; the size of a page may change between pages.</summary>
    public static uint Fingerprint(PathString path, IQueryCollection query)
    {
        var text = new StringBuilder(path.Value);
        foreach (var (name, values) in query.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (name is not ("cursor" or "limit"))
            {
                text.Append('\n').Append(name).Append('=').Append(values);
            }
        }

        return ApiKeyFormat.Crc32(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
