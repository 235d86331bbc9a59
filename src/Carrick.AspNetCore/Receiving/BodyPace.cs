using System.IO.Pipelines;

namespace Carrick.Receiving;

/// <summary>How slow a body may be.</summary>
/// <param name="BytesPerSecond">The slowest rate.</param>
/// <param name="Grace">How long it may be slower.</param>
/// <param name="Time">The clock.</param>
internal sealed record BodyRate(int BytesPerSecond, TimeSpan Grace, TimeProvider Time)
{
    public TimeSpan TimeFor(long bytes) => TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
}

/// <summary>
/// Ends the reading of a body that comes too slowly: one whose average is below the rate after the grace period, and one that pauses for longer than that.
/// So a body of n bytes takes at most the grace period and the time that n bytes need at the slowest rate. Thread-safe.
/// </summary>
internal sealed class BodyPace : IDisposable
{
    private readonly PipeReader _reader;
    private readonly BodyRate _rate;
    private readonly long _started;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private TimeSpan _credit;
    private TimeSpan _deadline;
    private long _bytes;
    private bool _slow;
    private bool _ended;

    /// <param name="reader">Whose read is cancelled when the time is over.</param>
    /// <param name="rate">The limits.</param>
    /// <param name="bytes">What came before.</param>
    public BodyPace(PipeReader reader, BodyRate rate, long bytes)
    {
        (_reader, _rate, _bytes) = (reader, rate, bytes);
        _started = rate.Time.GetTimestamp();
        _credit = _deadline = rate.Grace;
        _timer = rate.Time.CreateTimer(static pace => ((BodyPace)pace!).Check(), this, rate.Grace, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Counts bytes that came. Each buys the time that it needs at the slowest rate, but a pause never becomes longer than the grace period.</summary>
    public void Came(long bytes)
    {
        lock (_lock)
        {
            _bytes += bytes;
            var longest = Elapsed + _rate.Grace;
            var credit = _credit + _rate.TimeFor(bytes);
            _credit = credit < longest ? credit : longest;
            var average = _rate.TimeFor(_bytes);
            average = average > _rate.Grace ? average : _rate.Grace;
            _deadline = _credit < average ? _credit : average;
        }
    }

    /// <summary>Stops measuring.</summary>
    /// <returns><see langword="false"/> if the time was over before.</returns>
    public bool TryEnd()
    {
        lock (_lock)
        {
            _ended = true;
            return !_slow;
        }
    }

    public void Dispose()
    {
        TryEnd();
        _timer.Dispose();
    }

    private TimeSpan Elapsed => _rate.Time.GetElapsedTime(_started);

    private void Check()
    {
        // Under the lock, so that nothing is cancelled after the end: the reader may belong to the next request then.
        lock (_lock)
        {
            if (_ended || _slow)
            {
                return;
            }

            var left = _deadline - Elapsed;
            if (left > TimeSpan.Zero)
            {
                // A timer has whole milliseconds.
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }

            _slow = true;
            _reader.CancelPendingRead();
        }
    }
}
