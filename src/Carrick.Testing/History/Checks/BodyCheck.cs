namespace Carrick.Testing.History.Checks;

/// <summary>What handlers and receivers got, against what was sent: byte for byte, by hash.</summary>
internal sealed class BodyCheck(HistoryFacts facts, HistoryReport report)
{
    // Two bodies under one message id: whichever came first counts, and a history does not say which that was.
    private const int Several = -1;

    public void Add(Sent line)
    {
        if (!line.Forged)
        {
            Remember(ref facts.Message[facts.Messages.Intern(line.Message)].Body, line.Body);
        }
    }

    public void Add(Effect line) => AddSeen(line.Consumer, line.Message, line.Body);

    public void Add(Received line) => AddSeen(line.Consumer, line.Message, line.Body);

    public void Finish()
    {
        foreach (var (key, pair) in facts.Pairs)
        {
            var (consumer, message) = HistoryFacts.Split(key);
            var sent = facts.Message[message].Body;
            if (sent > 0 && pair.Body != 0 && pair.Body != sent)
            {
                report.Add(Invariant.BytesAreExact, facts.NamePair(consumer, message), "Got other bytes than were sent.");
            }
        }
    }

    private void AddSeen(string consumer, string message, string? body) =>
        Remember(ref facts.Pair(facts.Consumers.Intern(consumer), facts.Messages.Intern(message)).Body, body);

    private void Remember(ref int known, string? body)
    {
        var id = facts.Bodies.Intern(body);
        known = id == 0 || known == id ? known : known == 0 ? id : Several;
    }
}
