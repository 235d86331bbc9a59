namespace Carrick.Benchmarks.Peers;

/// <summary>Load, and the wait until all of it is done.</summary>
internal sealed class Work(PeerSite site, Peer peer, PeerSettings settings)
{
    private long _before;

    /// <summary>Sends and waits.</summary>
    /// <exception cref="TimeoutException">Not all was done before the patience ran out: what follows would be mixed with it.</exception>
    public async Task<Done> DoAsync(Func<Task<Sent>> sendAsync)
    {
        var sent = await sendAsync().ConfigureAwait(false);
        var done = await DrainAsync(sent, sent.Result.StartedAt).ConfigureAwait(false);
        return done.Left == 0 ? done : throw new TimeoutException($"{done.Messages} of {sent.Messages} messages were done when {settings.Patience} s had passed");
    }

    /// <summary>Waits for what was sent, as long as the patience lasts.</summary>
    /// <param name="sent">The acknowledged messages.</param>
    /// <param name="from">From when on their effects and their time count.</param>
    public async Task<Done> DrainAsync(Sent sent, DateTimeOffset from)
    {
        var patience = TimeSpan.FromSeconds(settings.Patience);
        var isWhole = await site.Effects.ReachAsync(_before + sent.EffectsOf(peer), patience).ConfigureAwait(false)
            && await site.Effects.ReachMessagesAsync(sent.Messages, from, patience).ConfigureAwait(false);
        _before = await site.Effects.CountAsync().ConfigureAwait(false);
        var done = await site.Effects.SinceAsync(from).ConfigureAwait(false);
        return isWhole ? done : done with { Left = sent.Messages - done.Messages };
    }
}

/// <summary>Effects since a time.</summary>
/// <param name="StartedAt">The time.</param>
/// <param name="Messages">Each once.</param>
/// <param name="First">Seconds to the first effect.</param>
/// <param name="Last">Seconds to the last effect.</param>
internal sealed record Done(DateTimeOffset StartedAt, long Messages, double First, double Last)
{
    /// <summary>Messages that were not done in time.</summary>
    public long Left { get; init; }

    public double PerSecond => Messages / Last;
}
