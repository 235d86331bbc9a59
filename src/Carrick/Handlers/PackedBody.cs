using System.IO.Compression;

namespace Carrick.Handlers;

/// <summary>Unpacks a compressed body for a typed handler, within limits: a few bytes can hold more than the memory. Pure.</summary>
internal static class PackedBody
{
    /// <summary>The most bytes that a body is unpacked to.</summary>
    public const int Longest = 10 * 1024 * 1024;

    /// <summary>The most that a body may grow by; up to <see cref="Free"/> bytes any growth is allowed.</summary>
    public const int HighestRatio = 100;

    /// <summary>Short repetitive JSON packs better than any bomb; so little does no harm.</summary>
    public const int Free = 64 * 1024;

    private const int Step = 16 * 1024;

    /// <summary>The body as a handler reads it: as it came if it is not packed.</summary>
    /// <exception cref="PermanentFailureException">It is packed in a way that is not known, more than once, or wrongly, or it is over a limit.</exception>
    public static ReadOnlyMemory<byte> Open(EventRecord record)
    {
        var encoding = record.ContentEncoding?.Trim();
        if (string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return record.Body;
        }

        using var packed = new MemoryStream(record.Body.ToArray(), writable: false);
        using var unpacking = Unpack(packed, encoding);
        return Read(unpacking, (int)Math.Min(Longest, Math.Max(Free, (long)record.Body.Length * HighestRatio)));
    }

    // What the sender wrote is not repeated in errors: only known names are.
    private static Stream Unpack(Stream packed, string encoding) => encoding.ToUpperInvariant() switch
    {
        "GZIP" or "X-GZIP" => new GZipStream(packed, CompressionMode.Decompress),
        "BR" => new BrotliStream(packed, CompressionMode.Decompress),
        "DEFLATE" => new ZLibStream(packed, CompressionMode.Decompress),
        _ when encoding.Contains(',', StringComparison.Ordinal) => throw new PermanentFailureException("The body is packed more than once; one content encoding is unpacked."),
        _ => throw new PermanentFailureException("The body's content encoding is not one of gzip, br and deflate."),
    };

    private static ReadOnlyMemory<byte> Read(Stream unpacking, int limit)
    {
        using var body = new MemoryStream();
        var buffer = new byte[Step];
        try
        {
            int read;
            while ((read = unpacking.Read(buffer)) > 0)
            {
                if (body.Length + read > limit)
                {
                    throw new PermanentFailureException(
                        $"The body unpacks to more than {limit} bytes; at most {Longest}, and {HighestRatio} times its packed size, are unpacked.");
                }

                body.Write(buffer, 0, read);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            throw new PermanentFailureException("The body is not what its content encoding says.", exception);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
