namespace Carrick.Handlers;

/// <summary>
/// How long handlers take on average, of which each new one counts for an eighth. The mean, because several take their sum: one that waited for the processor
/// must not make the next dozens run alone, each with a commit of its own, which keeps the processor busier still. Used by one loop.
/// </summary>
internal sealed class HandlerPace
{
    private const int Memory = 8;

    // Until one has run, as if each took forever.
    private TimeSpan _each = TimeSpan.MaxValue;

    public void Took(TimeSpan time) => _each = _each == TimeSpan.MaxValue ? time : _each + ((time - _each) / Memory);

    /// <summary>How many are likely to end within a time.</summary>
    public int In(TimeSpan time) => _each <= TimeSpan.Zero ? int.MaxValue : (int)Math.Min(int.MaxValue, time.Ticks / _each.Ticks);
}
