namespace Carrick.Hosting;

/// <summary>Limits and periods of the engine. Immutable after start; validated at start.</summary>
public sealed class CarrickOptions
{
    /// <summary>Commands that may wait for the writer; beyond it receiving answers 503.</summary>
    /// <value>16 to 1,000,000; default 8,192.</value>
    public int WriteQueueCapacity { get; set; } = 8_192;

    /// <summary>Commands in one commit.</summary>
    /// <value>1 to 10,000; default 256.</value>
    public int CommitBatch { get; set; } = 256;

    /// <summary>Deliveries of one consumer held in memory; the rest is read from the store when there is room.</summary>
    /// <value>16 to 100,000; default 1,024.</value>
    public int ConsumerBuffer { get; set; } = 1_024;

    /// <summary>Bytes of bodies kept in memory between commit and attempt, over all consumers; beyond it bodies are read from the store.</summary>
    /// <value>0 to 4 GiB; default 32 MiB.</value>
    public long BodyBuffer { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long a stop waits for attempts under way before it cancels them.</summary>
    /// <value>0 to 10 minutes; default 20 s.</value>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long handler transactions may collect deliveries into one commit; one that nothing waits behind commits at once.</summary>
    /// <value>0 to 100 ms; by default what is best for the database, <see cref="Handlers.IHandlerDatabase.Linger"/>.</value>
    public TimeSpan? HandlerLinger { get; set; }

    /// <summary>How long events, outcomes and attempts are kept.</summary>
    /// <value>1 hour to 36,500 days; default 30 days.</value>
    public TimeSpan EventRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long message ids are kept.</summary>
    /// <value>4 to 36,500 days and at least <see cref="EventRetention"/>; default 30 days. Senders try again for up to 3 days (Stripe; Standard Webhooks
    /// recommends a schedule of 75 hours), and what comes after its id was forgotten is processed again.</value>
    public TimeSpan MessageIdRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long dead letters and their events are kept.</summary>
    /// <value>1 hour to 36,500 days; default 90 days.</value>
    public TimeSpan DeadLetterRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long the ledger of a handler database remembers what was processed.</summary>
    /// <value>1 hour to 36,500 days; raised to <see cref="EventRetention"/> and <see cref="DeadLetterRetention"/>, so that nothing that can be replayed is forgotten; default 100 days.</value>
    public TimeSpan LedgerRetention { get; set; } = TimeSpan.FromDays(100);

    /// <summary>How long a list or a search of people may keep the database busy; then it is answered with an error that says how to narrow it.</summary>
    /// <value>100 ms to 5 minutes; default 5 s.</value>
    public TimeSpan QueryTimeLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>At the start retention takes the machine's clock as it is. Otherwise a clock that is more than 7 days ahead of the last sweep is followed from 7 days
    /// after that sweep on, because a wrong clock would delete what is young.</summary>
    /// <value>Default <see langword="false"/>; for one start after a longer break.</value>
    public bool TrustClock { get; set; }
}
