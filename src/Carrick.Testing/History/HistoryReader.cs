using System.Text.Json;

namespace Carrick.Testing.History;

/// <summary>Reads a history. What cannot be read is counted, never skipped in silence.</summary>
/// <remarks>Not thread-safe; memory is bounded by the longest line.</remarks>
/// <param name="directory">Where the <c>*.ndjson</c> files are.</param>
public sealed class HistoryReader(string directory)
{
    private const int MaxLine = 16 * 1024 * 1024;
    private readonly List<string> _damage = [];

    /// <summary>Files whose last line was cut off: their writer was killed. Expected, and no violation.</summary>
    public int TornFiles { get; private set; }

    /// <summary>Lines that are no history anywhere but at the end of a file, as <c>file:line</c>; the history proves nothing then.</summary>
    public IReadOnlyList<string> Damage => _damage;

    /// <summary>The lines of all files; files in the order of their names.</summary>
    /// <exception cref="IOException">A file or the directory cannot be read.</exception>
    public IEnumerable<HistoryRecord> Read()
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*.ndjson").Order(StringComparer.Ordinal))
        {
            foreach (var line in ReadFile(path))
            {
                yield return line;
            }
        }
    }

    private IEnumerable<HistoryRecord> ReadFile(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[64 * 1024];
        var (start, length, number) = (0, 0, 0);
        while (true)
        {
            var newline = buffer.AsSpan(start, length).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                number++;
                var record = newline == 0 ? null : Parse(buffer.AsSpan(start, newline));
                (start, length) = (start + newline + 1, length - newline - 1);
                if (record is not null)
                {
                    yield return record;
                }
                else
                {
                    _damage.Add($"{Path.GetFileName(path)}:{number}");
                }

                continue;
            }

            buffer.AsSpan(start, length).CopyTo(buffer);
            start = 0;
            if (length == buffer.Length)
            {
                if (length >= MaxLine)
                {
                    _damage.Add($"{Path.GetFileName(path)}:{number + 1}");
                    yield break;
                }

                Array.Resize(ref buffer, length * 2);
            }

            var read = file.Read(buffer, length, buffer.Length - length);
            if (read == 0)
            {
                TornFiles += length == 0 ? 0 : 1;
                yield break;
            }

            length += read;
        }
    }

    private static HistoryRecord? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, HistoryJson.Default.HistoryRecord);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }
}
