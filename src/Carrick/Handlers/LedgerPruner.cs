using Carrick.Hosting;

namespace Carrick.Handlers;

/// <summary>
/// Walks the ledger of one handler database in small windows, at most one a second, each inside a transaction that handlers
/// commit anyway; a walk begins an hour after the one before has ended. Its lane's loop is the only caller.
/// </summary>
internal sealed class LedgerPruner(CarrickOptions options, TimeProvider time)
{
    private const int Window = 256;
    private static readonly TimeSpan BetweenWindows = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenWalks = TimeSpan.FromHours(1);

    private readonly TimeSpan _kept = new[] { options.LedgerRetention, options.EventRetention, options.DeadLetterRetention }.Max();
    private LedgerCursor _after = LedgerCursor.Start;
    private DateTimeOffset _next = time.GetUtcNow() + BetweenWindows;

    public async ValueTask RunAsync(IHandlerSession session)
    {
        var now = time.GetUtcNow();
        if (now < _next)
        {
            return;
        }

        // A window whose transaction is lost is looked at again in the next walk.
        var reached = await session.PruneLedgerAsync(_after, now - _kept, Window, CancellationToken.None).ConfigureAwait(false);
        _after = reached ?? LedgerCursor.Start;
        _next = now + (reached is null ? BetweenWalks : BetweenWindows);
    }
}
