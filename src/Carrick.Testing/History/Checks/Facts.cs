namespace Carrick.Testing.History.Checks;

/// <summary>What is known of each id of an <see cref="IdTable"/>, by number.</summary>
internal sealed class Facts<T>
    where T : struct
{
    private T[] _items = new T[256];

    public ref T this[int id]
    {
        get
        {
            if (id >= _items.Length)
            {
                Array.Resize(ref _items, Math.Max(id + 1, _items.Length * 2));
            }

            return ref _items[id];
        }
    }
}

internal struct MessageFacts
{
    public int AckedEvent;
    public int StoredEvent;
    public int FirstAnswers;
    public int OpenSends;
    public int Body;
    public bool Unknown;
    public bool Forged;
    public bool Genuine;
}

internal struct EventFacts
{
    public int Message;
    public int Integration;
    public bool Stored;
}

internal struct DeliveryFacts
{
    public int Event;
    public int Consumer;
    public int Attempts;
    public int FirstAttempt;
    public int AttemptsListed;
    public int OtherOfPair;
    public DeliveryStanding State;
    public DeliveryMarks Marks;
}

[Flags]
internal enum DeliveryMarks : byte
{
    None = 0,
    Listed = 1,
    HasReason = 2,
    Delayed = 4,
    Replayed = 8,
    OperatorActed = 16,
    Forced = 32,
    Poison = 64,
    Replay = 128,
}

internal struct ConsumerFacts
{
    public int Integration;
    public bool Declared;
    public bool IsEndpoint;
    public bool Ordered;
    public RetryRule? Retry;
    public long LastRow;
}

/// <summary>What is known of one message at one consumer.</summary>
internal struct PairFacts
{
    public int LastDelivery;
    public int Effects;
    public int Accepted;
    public int Received;
    public int Body;
    public short Deliveries;
    public short Succeeded;
    public short Forced;
    public short MayHaveEffect;
    public short Replays;
}
