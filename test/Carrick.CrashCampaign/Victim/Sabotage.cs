namespace Carrick.CrashCampaign.Victim;

/// <summary>Faults that the server can be told to have, to show that the campaign finds them.</summary>
internal enum Sabotage
{
    None,

    /// <summary>Answers senders before the event is durable.</summary>
    AckEarly,

    /// <summary>Books effects outside of the handler's transaction.</summary>
    BookOutside,

    /// <summary>The ledger forgets at once what it has processed. Needs handlers with a file of their own.</summary>
    SkipLedger,

    /// <summary>Ends in the middle of its work.</summary>
    Exit,

    /// <summary>Answers no sender.</summary>
    Hang,

    /// <summary>Logs an error, and goes on.</summary>
    Complain,
}
