namespace Carrick.Testing.History.Checks;

/// <summary>What senders were told, against the events in the store.</summary>
internal sealed class AcceptanceCheck(HistoryFacts facts, HistoryReport report)
{
    public void Add(Sent line)
    {
        report.Totals.Sent++;
        ref var known = ref facts.Message[facts.Messages.Intern(line.Message)];
        known.OpenSends++;
        known.Forged |= line.Forged;
        known.Genuine |= !line.Forged;
    }

    public void Add(Acked line)
    {
        report.Totals.Acked++;
        report.Totals.Duplicates += line.Duplicate ? 1 : 0;
        var message = facts.Messages.Intern(line.Message);
        var answered = facts.Events.Intern(line.Event);
        ref var known = ref facts.Message[message];
        known.OpenSends--;
        known.FirstAnswers += line.Duplicate ? 0 : 1;
        if (known.FirstAnswers > 1 && !line.Duplicate)
        {
            report.Add(Invariant.DuplicateNamesFirst, line.Message, "Two answers say that this message was no duplicate.");
        }

        if (known.AckedEvent == 0)
        {
            report.Totals.MessagesAcked++;
            known.AckedEvent = answered;
        }
        else if (known.AckedEvent != answered)
        {
            report.Add(Invariant.DuplicateNamesFirst, line.Message, $"Answered with {line.Event} and with {facts.Events[known.AckedEvent]}.");
            return;
        }

        ref var owner = ref facts.Event[answered].Message;
        owner = owner == 0 ? message : owner;
    }

    public void Add(Refused line)
    {
        report.Totals.Refused++;
        facts.Message[facts.Messages.Intern(line.Message)].OpenSends--;
    }

    public void Add(OutcomeUnknown line)
    {
        report.Totals.Unknown++;
        ref var known = ref facts.Message[facts.Messages.Intern(line.Message)];
        known.OpenSends--;
        known.Unknown = true;
    }

    public void Add(StoredEvent line)
    {
        report.Totals.Events++;
        var id = facts.Events.Intern(line.Event);
        var message = facts.Messages.Intern(line.Message);
        ref var stored = ref facts.Event[id];
        ref var known = ref facts.Message[message];
        known.Unknown |= line.Published;
        if (stored.Stored || (known.StoredEvent != 0 && known.StoredEvent != id))
        {
            report.Add(Invariant.DuplicateNamesFirst, line.Message, $"Stored more than once; again as {line.Event}.");
            return;
        }

        known.StoredEvent = id;
        stored.Stored = true;
        stored.Message = message;
        stored.Integration = facts.Integrations.Intern(line.Integration);
    }

    public void Finish()
    {
        for (var message = 1; message <= facts.Messages.Count; message++)
        {
            ref var known = ref facts.Message[message];
            var mayBeStored = known.AckedEvent != 0 || known.Unknown || known.OpenSends > 0;
            if (known is { Forged: true, Genuine: false })
            {
                JudgeForged(message, known);
            }
            else if (known.StoredEvent == 0 && known.AckedEvent != 0)
            {
                report.Add(Invariant.AckedIsPresent, facts.Messages[message], $"Acknowledged as {facts.Events[known.AckedEvent]}, but not in the store.");
            }
            else if (known.StoredEvent != 0 && known.AckedEvent != 0 && known.AckedEvent != known.StoredEvent)
            {
                report.Add(
                    Invariant.DuplicateNamesFirst,
                    facts.Messages[message],
                    $"Answered with {facts.Events[known.AckedEvent]}, but stored as {facts.Events[known.StoredEvent]}.");
            }
            else if (known.StoredEvent != 0 && !mayBeStored)
            {
                report.Add(Invariant.EffectHasEvent, facts.Messages[message], $"Stored as {facts.Events[known.StoredEvent]}, but refused or never sent.");
            }
        }
    }

    // Whatever became of the answer: a signature that is wrong is never accepted.
    private void JudgeForged(int message, in MessageFacts known)
    {
        if (known.AckedEvent != 0 || known.StoredEvent != 0)
        {
            report.Add(
                Invariant.EffectHasEvent, facts.Messages[message], known.StoredEvent != 0 ? "Forged, and stored." : "Forged, and acknowledged.");
        }
    }
}
