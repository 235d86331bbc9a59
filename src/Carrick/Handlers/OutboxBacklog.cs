namespace Carrick.Handlers;

/// <summary>
/// What a relay has yet to bring in, in the order of commit. Messages are held while there is room for them; of others only the place in the outbox is kept from which on
/// it must be read, behind all that was held before. Thread-safe.
/// </summary>
internal sealed class OutboxBacklog
{
    /// <summary>So many messages are held.</summary>
    public const int MostMessages = 1_024;

    /// <summary>So many bytes are held.</summary>
    public const long MostBytes = 4 * 1024 * 1024;

    // The strings of a message are bounded, its body is not.
    private const int BytesOfAMessage = 512;

    private readonly Lock _gate = new();
    private readonly Queue<OutboxPart> _parts = new();
    private OutboxPart? _last;
    private int _messages;
    private long _bytes;

    /// <summary>What is held, that which is being relayed included.</summary>
    public (int Messages, long Bytes) Held
    {
        get
        {
            lock (_gate)
            {
                return (_messages, _bytes);
            }
        }
    }

    /// <summary>Messages whose transaction has committed. The list is not kept.</summary>
    public void Add(IReadOnlyList<OutboxMessage> messages)
    {
        var bytes = messages.Sum(static message => (long)message.Body.Length + BytesOfAMessage);
        lock (_gate)
        {
            if (_messages + messages.Count <= MostMessages && _bytes + bytes <= MostBytes)
            {
                _messages += messages.Count;
                _bytes += bytes;
                Enqueue(new OutboxPart { Messages = [.. messages], Bytes = bytes });
                return;
            }
        }

        AddTable(messages.Min(static message => message.Id) - 1);
    }

    /// <summary>The outbox has more after this number.</summary>
    public void AddTable(long after)
    {
        lock (_gate)
        {
            if (_last is { Messages: null } table)
            {
                table.After = Math.Min(table.After, after);
            }
            else
            {
                Enqueue(new OutboxPart { After = after });
            }
        }
    }

    /// <summary>The next part, or <see langword="null"/>. <see cref="Done"/> follows.</summary>
    public OutboxPart? Take()
    {
        lock (_gate)
        {
            if (!_parts.TryDequeue(out var part))
            {
                return null;
            }

            // A table that is being read may have passed the place that comes next.
            _last = _parts.Count == 0 ? null : _last;
            return part;
        }
    }

    public void Done(OutboxPart part)
    {
        lock (_gate)
        {
            _messages -= part.Messages?.Count ?? 0;
            _bytes -= part.Bytes;
        }
    }

    private void Enqueue(OutboxPart part)
    {
        _parts.Enqueue(part);
        _last = part;
    }
}

/// <summary>Messages, or a place in the outbox from which on it is read.</summary>
internal sealed class OutboxPart
{
    public IReadOnlyList<OutboxMessage>? Messages { get; init; }

    public long Bytes { get; init; }

    public long After { get; set; }
}
