namespace Carrick.Handlers;

/// <summary>How long handlers take. It follows a slow one at once and fast ones bit by bit. Used by one loop.</summary>
internal sealed class HandlerPace
{
    private const int Memory = 8;

    // Until one has run, as if each took forever.
    private TimeSpan _each = TimeSpan.MaxValue;

    public void Took(TimeSpan time) => _each = _each == TimeSpan.MaxValue || time >= _each ? time : _each - ((_each - time) / Memory);

    /// <summary>How many are likely to end within a time.</summary>
    public int In(TimeSpan time) => _each <= TimeSpan.Zero ? int.MaxValue : (int)Math.Min(int.MaxValue, time.Ticks / _each.Ticks);
}
