namespace Carrick.Storage;

/// <summary>
/// The time that retention goes by: never ahead of the machine's clock, and never faster than time passes. So a clock that leaps forward deletes nothing
/// young: what is stamped at some moment is deleted only when its retention has really passed since. What is set back is followed. Thread-safe.
/// </summary>
internal sealed class RetentionClock(TimeProvider time)
{
    /// <summary>How long a process may have been down without its clock being doubted.</summary>
    public static readonly TimeSpan LongestBreak = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private DateTimeOffset _now = time.GetUtcNow();
    private long _at = time.GetTimestamp();

    /// <summary>Goes on from an earlier process.</summary>
    /// <param name="last">What <see cref="Read()"/> gave there last, or <see langword="null"/> if there was none.</param>
    /// <param name="trust">The machine's clock is right, however far it is ahead.</param>
    public void Continue(DateTimeOffset? last, bool trust)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _now = last is { } known && !trust && now - known > LongestBreak ? known + LongestBreak : now;
            _at = time.GetTimestamp();
        }
    }

    public DateTimeOffset Read() => Read(out _);

    /// <param name="held">How far the machine's clock is ahead.</param>
    public DateTimeOffset Read(out TimeSpan held)
    {
        lock (_gate)
        {
            var (now, at) = (time.GetUtcNow(), time.GetTimestamp());
            var passed = _now + time.GetElapsedTime(_at, at);
            (_now, _at) = (now < passed ? now : passed, at);
            held = now - _now;
            return _now;
        }
    }
}
