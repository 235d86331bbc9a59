using System.Text;

namespace Carrick.Testing.History.Checks;

/// <summary>Gives texts dense numbers from 1, and keeps them as UTF-8 in large blocks: about 40 bytes per id instead of 120 as strings.</summary>
internal sealed class IdTable
{
    private const int BlockSize = 1 << 20;
    private readonly List<byte[]> _blocks = [];
    private int[] _slots = new int[1 << 10];
    private (int Block, int Offset, int Length)[] _entries = new (int, int, int)[512];
    private int _used = BlockSize;

    /// <summary>The highest number given.</summary>
    public int Count { get; private set; }

    /// <summary>The text with this number.</summary>
    public string this[int id] => Encoding.UTF8.GetString(Bytes(id));

    /// <summary>The number of the text; 0 for none.</summary>
    public int Intern(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = size <= 1024 ? stackalloc byte[size] : new byte[size];
        bytes = bytes[..Encoding.UTF8.GetBytes(text, bytes)];
        var slot = FindSlot(bytes);
        if (_slots[slot] == 0)
        {
            _slots[slot] = Append(bytes);
            if (Count * 3L > _slots.Length * 2L)
            {
                Grow();
            }

            return Count;
        }

        return _slots[slot];
    }

    private int FindSlot(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        var mask = _slots.Length - 1;
        var slot = hash.ToHashCode() & mask;
        while (_slots[slot] != 0 && !Bytes(_slots[slot]).SequenceEqual(bytes))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private ReadOnlySpan<byte> Bytes(int id)
    {
        var (block, offset, length) = _entries[id - 1];
        return _blocks[block].AsSpan(offset, length);
    }

    private int Append(ReadOnlySpan<byte> bytes)
    {
        if (_blocks.Count == 0 || _used + bytes.Length > _blocks[^1].Length)
        {
            _blocks.Add(new byte[Math.Max(BlockSize, bytes.Length)]);
            _used = 0;
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        bytes.CopyTo(_blocks[^1].AsSpan(_used));
        _entries[Count++] = (_blocks.Count - 1, _used, bytes.Length);
        _used += bytes.Length;
        return Count;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (var id = 1; id <= Count; id++)
        {
            _slots[FindSlot(Bytes(id))] = id;
        }
    }
}
