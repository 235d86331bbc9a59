namespace Carrick.Benchmarks.Peers;

/// <summary>Load, and the wait until all of it is done.</summary>
internal sealed class Work(PeerSite site, Peer peer, PeerSettings settings)
{
    private long _before;

    /// <summary>Sends and waits.</summary>
    /// <exception cref="TimeoutException">Not all was done before the patience ran out.</exception>
    public async Task<Done> DoAsync(Func<Task<Sent>> sendAsync)
    {
        var sent = await sendAsync().ConfigureAwait(false);
        return await DrainAsync(sent, sent.Result.StartedAt).ConfigureAwait(false);
    }

    /// <summary>Waits for what was sent.</summary>
    /// <param name="sent">The acknowledged messages.</param>
    /// <param name="from">From when on their effects and their time count.</param>
    public async Task<Done> DrainAsync(Sent sent, DateTimeOffset from)
    {
        var patience = TimeSpan.FromSeconds(settings.Patience);
        if (!await site.Effects.ReachAsync(_before + sent.EffectsOf(peer), patience).ConfigureAwait(false)
            || !await site.Effects.ReachMessagesAsync(sent.Messages, from, patience).ConfigureAwait(false))
        {
            var done = await site.Effects.SinceAsync(from).ConfigureAwait(false);
            throw new TimeoutException($"{done.Messages} of {sent.Messages} messages were done when {settings.Patience} s had passed");
        }

        _before = await site.Effects.CountAsync().ConfigureAwait(false);
        return await site.Effects.SinceAsync(from).ConfigureAwait(false);
    }
}

/// <summary>Effects since a time.</summary>
/// <param name="StartedAt">The time.</param>
/// <param name="Messages">Each once.</param>
/// <param name="First">Seconds to the first effect.</param>
/// <param name="Last">Seconds to the last effect.</param>
internal sealed record Done(DateTimeOffset StartedAt, long Messages, double First, double Last)
{
    public double PerSecond => Messages / Last;
}
