using System.Diagnostics;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Storage;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;

namespace Carrick.Benchmarks.Serving;

/// <summary>The consumer under test: books one row in its transaction, or holds everything up.</summary>
internal sealed class BenchHandler(Settings settings)
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Latencies _ages = new();
    private long _handled;
    private long _startedAt;
    private long _firstAt;
    private double _processToFirst;

    public long Handled => Volatile.Read(ref _handled);

    public DateTimeOffset LastAt { get; private set; }

    public Latencies Ages
    {
        get
        {
            lock (_ages)
            {
                var copy = new Latencies();
                copy.AddRange([_ages]);
                return copy;
            }
        }
    }

    public double? StartToDispatch => _firstAt == 0 ? null : Stopwatch.GetElapsedTime(_startedAt, _firstAt).TotalMilliseconds;

    public double? ProcessToDispatch => _firstAt == 0 ? null : _processToFirst;

    public void AddTo(IntegrationBuilder bench)
    {
        switch (settings.Consumer)
        {
            case "gated":
                // Work is stored but none is done: the first handler never ends.
                bench.On("*", WaitAsync, Sized);
                break;
            case "handler":
                BenchStore.CreateBookings(settings);
                bench.On("*", BookAsync, Sized);
                break;
            default:
                throw new ArgumentException($"'{settings.Consumer}' is no consumer.");
        }
    }

    public void Started(long at) => _startedAt = at;

    /// <summary>Forgets the ages so far.</summary>
    public void Reset()
    {
        lock (_ages)
        {
            _ages.Clear();
        }
    }

    public void Open() => _gate.TrySetResult();

    private HandlerDefinition Sized(HandlerDefinition definition) => definition with
    {
        Concurrency = settings.Concurrency > 0 ? settings.Concurrency : definition.Concurrency,
        Timeout = TimeSpan.FromHours(1),
    };

    private async Task WaitAsync(EventContext context, CancellationToken cancellationToken)
    {
        First();
        await _gate.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task BookAsync(EventContext context, CancellationToken cancellationToken)
    {
        First();
        lock (_ages)
        {
            _ages.Add(TimeProvider.System.GetUtcNow() - context.Event.ReceivedAt);
        }

        await context.Transaction.ExecuteAsync(
            $"INSERT INTO bookings (message_id, amount) VALUES ({context.Event.MessageId}, {1_200})", cancellationToken).ConfigureAwait(false);
        LastAt = TimeProvider.System.GetUtcNow();
        Interlocked.Increment(ref _handled);
    }

    private void First()
    {
        if (_firstAt == 0)
        {
            _processToFirst = (DateTime.UtcNow - Process.GetCurrentProcess().StartTime.ToUniversalTime()).TotalMilliseconds;
            _firstAt = Stopwatch.GetTimestamp();
        }
    }
}
