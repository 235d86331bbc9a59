using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Carrick.Storage.Rows;

/// <summary>Headers as a flat JSON array of names and values. Not thread-safe.</summary>
internal sealed class HeaderCodec : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _writer;

    public HeaderCodec() => _writer = new Utf8JsonWriter(
        _buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The bytes; valid until the next call.</summary>
    public ReadOnlySpan<byte> Write(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
        _writer.WriteStartArray();
        for (var i = 0; i < headers.Count; i++)
        {
            WriteText(headers[i].Key);
            WriteText(headers[i].Value);
        }

        _writer.WriteEndArray();
        _writer.Flush();
        return _buffer.WrittenSpan;
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return [];
        }

        var headers = new List<KeyValuePair<string, string>>();
        var reader = new Utf8JsonReader(bytes);
        string? name = null;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                var text = reader.GetString()!;
                if (name is null)
                {
                    name = text;
                }
                else
                {
                    headers.Add(new(name, text));
                    name = null;
                }
            }
        }

        return headers;
    }

    public void Dispose() => _writer.Dispose();

    // Through UTF-8, which replaces half a surrogate pair; the writer would throw and fail the whole commit.
    private void WriteText(string text)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var length = Encoding.UTF8.GetBytes(text, rented);
        _writer.WriteStringValue(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
    }
}
