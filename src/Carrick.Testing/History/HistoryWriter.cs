using System.Buffers;
using System.Text.Json;

namespace Carrick.Testing.History;

/// <summary>Writes one new file of a history. A line is with the operating system when <see cref="Write"/> returns, so it survives a kill of this process.</summary>
/// <remarks>Thread-safe; lines are in the order of the calls.</remarks>
public sealed class HistoryWriter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Utf8JsonWriter _json;
    private readonly FileStream _file;
    private readonly int _batch;

    /// <summary>Makes a new file.</summary>
    /// <param name="path">The file; a name that ends in <c>.ndjson</c>.</param>
    /// <param name="batch">Bytes to collect before a write, for exports that need no protection from a kill.</param>
    /// <exception cref="IOException">The file exists, or cannot be made.</exception>
    public HistoryWriter(string path, int batch = 0)
    {
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 });
        _batch = batch;
        _json = new Utf8JsonWriter(_line);
    }

    /// <summary>Appends a line.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(HistoryRecord line)
    {
        lock (_lock)
        {
            JsonSerializer.Serialize(_json, line, HistoryJson.Default.HistoryRecord);
            _json.Reset();
            _line.Write("\n"u8);
            if (_line.WrittenCount > _batch)
            {
                Flush();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_file.CanWrite)
            {
                Flush();
                _json.Dispose();
                _file.Dispose();
            }
        }
    }

    private void Flush()
    {
        _file.Write(_line.WrittenSpan);
        _line.ResetWrittenCount();
    }
}
