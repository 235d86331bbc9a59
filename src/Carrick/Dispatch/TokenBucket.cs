using Carrick.Integrations;

namespace Carrick.Dispatch;

/// <summary>A token bucket on an injected clock. Not thread-safe: its consumer's pump is the only caller.</summary>
internal sealed class TokenBucket(RateLimit limit, TimeProvider time)
{
    private readonly double _perTick = limit.Permits / (double)limit.Period.Ticks;
    private double _tokens = limit.Permits;
    private DateTimeOffset _at = time.GetUtcNow();

    /// <summary>Takes a token, or says when there will be one.</summary>
    public bool TryTake(out DateTimeOffset availableAt)
    {
        var now = time.GetUtcNow();
        // A clock that steps back adds nothing and takes nothing.
        _tokens = Math.Min(limit.Permits, _tokens + Math.Max(0, (now - _at).Ticks) * _perTick);
        _at = now;
        if (_tokens >= 1)
        {
            _tokens--;
            availableAt = now;
            return true;
        }

        availableAt = now + TimeSpan.FromTicks((long)Math.Ceiling((1 - _tokens) / _perTick));
        return false;
    }

    /// <summary>Puts back tokens whose attempts did not start.</summary>
    public void GiveBack(int count) => _tokens = Math.Min(limit.Permits, _tokens + count);
}
