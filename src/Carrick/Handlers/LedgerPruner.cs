using Carrick.Storage;

namespace Carrick.Handlers;

/// <summary>
/// Walks the ledger of one handler database in small windows, each inside a transaction that handlers commit anyway: one a second, and more as more is
/// processed, so that a walk looks at two rows for each that is added, and a ledger does not grow without end. A walk begins an hour after the one before has
/// ended. Its lane's loop is the only caller.
/// </summary>
internal sealed class LedgerPruner(RetentionPeriods periods, RetentionClock clock, TimeProvider time)
{
    private const int Window = 256;
    private const int LargestWindow = 2_048;
    private const int SeenPerProcessed = 2;
    private static readonly TimeSpan BetweenWindows = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenWalks = TimeSpan.FromHours(1);

    private LedgerCursor _after = LedgerCursor.Start;
    private long _last = time.GetTimestamp();
    private TimeSpan _rest = BetweenWindows;
    private int _processed;

    /// <param name="session">Whose transaction is open.</param>
    /// <param name="processed">Deliveries in it.</param>
    public async ValueTask RunAsync(IHandlerSession session, int processed)
    {
        _processed = Math.Min(_processed + processed, LargestWindow);
        var isBetweenWalks = _rest == BetweenWalks;
        if (time.GetElapsedTime(_last) < _rest && (isBetweenWalks || _processed * SeenPerProcessed < Window))
        {
            return;
        }

        // A window whose transaction is lost is looked at again in the next walk.
        var window = isBetweenWalks ? Window : Math.Clamp(_processed * SeenPerProcessed, Window, LargestWindow);
        var reached = await session.PruneLedgerAsync(_after, clock.Read() - periods.Ledger, window, CancellationToken.None).ConfigureAwait(false);
        (_after, _rest) = (reached ?? LedgerCursor.Start, reached is null ? BetweenWalks : BetweenWindows);
        (_last, _processed) = (time.GetTimestamp(), 0);
    }
}
