namespace Carrick.Handlers;

/// <summary>
/// Holds the handlers of one loop to their time. At the time-out it cancels the token; when the code has not ended a grace later, it takes the delivery away
/// from the loop, for good. It waits for nothing that the code does, so that code may as well block its thread. One timer serves all handlers of the loop and is
/// set only when it would be late: a handler that ends in time costs no timer of its own. Thread-safe.
/// </summary>
internal sealed class HandlerWatch : IDisposable
{
    /// <summary>From the cancellation of the token until the handler is abandoned.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>The same when a stop has cancelled it: less than the engine waits for what it has cancelled.</summary>
    public static readonly TimeSpan GraceInStop = TimeSpan.FromSeconds(3);

    // More than a timer can take would be refused.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly Action<HandlerContext> _abandon;
    private readonly Action<Exception> _cancelFailed;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _whenStopping;
    private HandlerContext? _running;
    private CancellationTokenSource? _token;
    private TimeSpan _timeout;
    private TimeSpan _grace;
    private long _startedAt;
    private long _cancelledAt;
    private bool _isCancelled;
    private bool _isSet;
    private long _setAt;
    private TimeSpan _setFor;
    private volatile bool _hasAbandoned;

    /// <param name="time">The clock.</param>
    /// <param name="abandon">Called once with the handler that is taken away, on a thread that must not be kept.</param>
    /// <param name="cancelFailed">Called with what a callback threw that a handler has registered with its token.</param>
    /// <param name="stop">Cancelled when the grace period of a stop is over.</param>
    public HandlerWatch(TimeProvider time, Action<HandlerContext> abandon, Action<Exception> cancelFailed, CancellationToken stop)
    {
        _time = time;
        _stop = stop;
        _abandon = abandon;
        _cancelFailed = cancelFailed;
        _timer = time.CreateTimer(static watch => ((HandlerWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _whenStopping = stop.UnsafeRegister(static watch => ((HandlerWatch)watch!).Stop(), this);
    }

    /// <summary>Whether a handler was taken away: the loop has nothing left then, neither its session nor its deliveries.</summary>
    public bool HasAbandoned => _hasAbandoned;

    /// <summary>A handler begins.</summary>
    public void Begin(HandlerContext context, CancellationTokenSource token, TimeSpan timeout)
    {
        bool isStopping;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            (_running, _token, _timeout, _grace, _startedAt, _isCancelled) = (context, token, timeout, Grace, now, false);
            isStopping = _stop.IsCancellationRequested;
            if (isStopping)
            {
                (_isCancelled, _cancelledAt, _grace) = (true, now, GraceInStop);
            }

            SetWithin(isStopping ? _grace : timeout, now);
        }

        if (isStopping)
        {
            // Nobody has registered anything with it yet.
            token.Cancel();
        }
    }

    /// <summary>The code of the handler has ended, and that of its services.</summary>
    /// <returns><see langword="false"/> if it was taken away before.</returns>
    public bool End()
    {
        lock (_gate)
        {
            (_running, _token) = (null, null);
            return !_hasAbandoned;
        }
    }

    public void Dispose()
    {
        _whenStopping.Unregister();
        _timer.Dispose();
    }

    private void Look()
    {
        CancellationTokenSource? cancelled = null;
        HandlerContext? abandoned = null;
        lock (_gate)
        {
            _isSet = false;
            if (_running is null)
            {
                return;
            }

            var now = _time.GetTimestamp();
            var left = _isCancelled ? _grace - _time.GetElapsedTime(_cancelledAt, now) : _timeout - _time.GetElapsedTime(_startedAt, now);
            if (left > TimeSpan.Zero)
            {
                SetWithin(left, now);
            }
            else if (!_isCancelled)
            {
                // The grace counts from here: after a pause of the process both times have passed, and no code had a chance to see its token.
                (_isCancelled, _cancelledAt) = (true, now);
                cancelled = _token;
                SetWithin(_grace, now);
            }
            else
            {
                abandoned = _running;
                _running = null;
                _hasAbandoned = true;
            }
        }

        if (cancelled is not null)
        {
            Cancel(cancelled);
        }

        if (abandoned is not null)
        {
            abandoned.Abandon();
            _abandon(abandoned);
        }
    }

    private void Stop()
    {
        CancellationTokenSource? cancelled = null;
        lock (_gate)
        {
            if (_running is null)
            {
                return;
            }

            var now = _time.GetTimestamp();
            if (!_isCancelled)
            {
                (_isCancelled, _cancelledAt, _grace) = (true, now, GraceInStop);
                cancelled = _token;
            }

            var passed = _time.GetElapsedTime(_cancelledAt, now);
            _grace = passed + GraceInStop < _grace ? passed + GraceInStop : _grace;
            SetWithin(_grace - passed, now);
        }

        if (cancelled is not null)
        {
            Cancel(cancelled);
        }
    }

    // Callbacks that the handler has registered run here, and may block or throw: on a thread that nobody waits for.
    private void Cancel(CancellationTokenSource token) => _ = Task.Run(() =>
    {
        try
        {
            token.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
        catch (Exception exception)
        {
            _cancelFailed(exception);
        }
    });

    private void SetWithin(TimeSpan time, long now)
    {
        if (_isSet && _setFor - _time.GetElapsedTime(_setAt, now) <= time)
        {
            return;
        }

        _setFor = time < Shortest ? Shortest : time > Longest ? Longest : time;
        (_isSet, _setAt) = (true, now);
        _timer.Change(_setFor, Timeout.InfiniteTimeSpan);
    }
}
