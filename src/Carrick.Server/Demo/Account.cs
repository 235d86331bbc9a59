namespace Carrick.Server.Demo;

/// <summary>The account of every message: the sums, and what disagrees. Pure.</summary>
internal sealed class Account
{
    private const int MostExamples = 3;
    private readonly List<string> _disagreements = [];
    private HashSet<MessageKey>? _late;

    private Account(Evidence evidence) => Evidence = evidence;

    public Evidence Evidence { get; }

    /// <summary>What does not add up, in words; empty if everything does.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    public int Sent => Evidence.Replies.Count;

    public int Accepted { get; private set; }

    public int Duplicates { get; private set; }

    public int Refused { get; private set; }

    public int Booked { get; private set; }

    public int Skipped { get; private set; }

    /// <summary>Deliveries owed: one per accepted message and endpoint that wants it.</summary>
    public int Owed { get; private set; }

    /// <summary>Deliveries owed that came at least once.</summary>
    public int Delivered { get; private set; }

    public static Account Of(Evidence evidence)
    {
        var account = new Account(evidence);
        account.CheckAnswers();
        account.CheckEvents();
        account.CheckBookings();
        account.CheckBalances();
        account.CheckDeliveries();
        account.CheckRest();
        return account;
    }

    private void CheckAnswers()
    {
        var replies = Evidence.Replies;
        Accepted = replies.Count(reply => reply is { Status: 200, Duplicate: false });
        Duplicates = replies.Count(reply => reply is { Status: 200, Duplicate: true });
        Refused = replies.Count(reply => reply.Status == 400);
        Expect("Forged and stale messages answered 400", replies.Where(reply => reply.Message.Refused && reply.Status != 400), reply => reply.Message.Key);
        Expect("Good messages answered 200", replies.Where(reply => !reply.Message.Refused && reply.Status != 200), reply => reply.Message.Key);
        foreach (var message in replies.Where(reply => reply.Status == 200).GroupBy(reply => reply.Message.Key))
        {
            var first = message.Count(reply => !reply.Duplicate);
            var events = message.Select(reply => reply.EventId).Distinct().Count();
            if (first != 1 || events != 1)
            {
                _disagreements.Add($"{message.Key} was accepted {first} times as new, as {events} events; 1 and 1 are right.");
            }
        }
    }

    private void CheckEvents()
    {
        var accepted = Messages().Select(reply => KeyValuePair.Create(reply.EventId!, reply.Message.Key)).ToHashSet();
        Expect("Accepted messages are stored", accepted.Where(pair => !Evidence.Events.Contains(pair)), pair => pair.Value);
        Expect("Stored events were accepted", Evidence.Events.Where(pair => !accepted.Contains(pair)), pair => pair.Value);
    }

    private void CheckBookings()
    {
        var booked = Evidence.Bookings.CountBy(booking => booking.Key).ToDictionary();
        var accepted = Messages().ToDictionary(reply => reply.Message.Key);
        Booked = booked.Count;
        Skipped = accepted.Values.Count(reply => Evidence.Skipped.Contains(reply.EventId!));
        Expect("Messages are booked once", booked.Where(pair => pair.Value != 1), pair => pair.Key);
        Expect("Booked messages were accepted", booked.Keys.Where(key => !accepted.ContainsKey(key)), key => key);
        Expect(
            "Accepted messages are either booked or skipped",
            accepted.Where(pair => booked.ContainsKey(pair.Key) == Evidence.Skipped.Contains(pair.Value.EventId!)),
            pair => pair.Key);
        Expect(
            "Exactly the late messages are skipped",
            accepted.Where(pair => IsLate(pair.Key) != Evidence.Skipped.Contains(pair.Value.EventId!)),
            pair => pair.Key);
        if (Accepted != Booked + Skipped)
        {
            _disagreements.Add($"{Accepted} accepted is not {Booked} booked + {Skipped} skipped.");
        }
    }

    private void CheckBalances()
    {
        var expected = Messages()
            .Select(reply => reply.Message)
            .Where(message => !IsLate(message.Key))
            .GroupBy(message => message.Subject)
            .ToDictionary(group => group.Key, group => group.Sum(message => message.Amount));
        Expect(
            "Balances are the sums of what was sent",
            expected.Keys.Union(Evidence.Balances.Keys).Where(subject => expected.GetValueOrDefault(subject) != Evidence.Balances.GetValueOrDefault(subject)),
            subject => subject);
    }

    private void CheckDeliveries()
    {
        var owed = Messages().SelectMany(reply => DemoConsumers.Endpoints(reply.Message).Select(name => new DeliveryKey(name, reply.EventId!))).ToHashSet();
        Owed = owed.Count;
        Delivered = owed.Count(Evidence.Delivered.ContainsKey);
        Expect("Accepted messages reach their endpoints", owed.Where(key => !Evidence.Delivered.ContainsKey(key)), key => key);
        Expect("What reaches an endpoint is owed to it", Evidence.Delivered.Keys.Where(key => !owed.Contains(key)), key => key);
    }

    private void CheckRest()
    {
        Zero(Evidence.BadSignatures, "deliveries came with a signature that does not hold");
        Zero(Evidence.Early, "attempts came before the time of Retry-After");
        Zero(Evidence.DeadLeft, "dead letters are left");
        Zero(Evidence.Outstanding, "deliveries have not ended");
        if (Evidence.Dead != Evidence.Replayed)
        {
            _disagreements.Add($"{Evidence.Dead} dead letters were counted and {Evidence.Replayed} replayed.");
        }
    }

    /// <summary>The first answer of every accepted message.</summary>
    private IEnumerable<DemoReply> Messages() =>
        Evidence.Replies.Where(reply => reply is { Status: 200, EventId: not null }).DistinctBy(reply => reply.Message.Key);

    private bool IsLate(MessageKey key) =>
        (_late ??= [.. Evidence.Replies.Where(reply => reply.Message.Kind == DemoKind.Late).Select(reply => reply.Message.Key)]).Contains(key);

    private void Expect<T, TName>(string rule, IEnumerable<T> exceptions, Func<T, TName> name)
    {
        var found = exceptions.ToList();
        if (found.Count > 0)
        {
            _disagreements.Add($"{rule}: not so for {found.Count}, such as {string.Join(", ", found.Take(MostExamples).Select(item => name(item)))}.");
        }
    }

    private void Zero(long count, string words)
    {
        if (count != 0)
        {
            _disagreements.Add($"{count} {words}.");
        }
    }
}
