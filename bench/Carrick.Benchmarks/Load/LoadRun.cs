using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Carrick.Benchmarks.Load;

/// <summary>One run: closed loop (each connection sends when it has its answer) or open loop (requests go at their time, answered or not).</summary>
internal sealed class LoadRun(Settings settings, SignedRequests requests)
{
    /// <summary>An open loop runs this much longer: in its first seconds the generator compiles itself, and those latencies would be its own.</summary>
    public static readonly TimeSpan Ramp = TimeSpan.FromSeconds(2);

    private readonly ConcurrentBag<Latencies> _latencies = [];
    private readonly ConcurrentBag<List<int>> _acknowledged = [];
    private Connection[] _connections = [];
    private DateTimeOffset _startedAt;
    private readonly RequestNumbers _numbers = settings.Keys > 0 ? RequestNumbers.ByKey(requests.Count, settings.Connections, requests.Plan) : RequestNumbers.Shared(requests.Count);
    private int _accepted;
    private int _duplicates;
    private int _refused;

    public async Task ConnectAsync()
    {
        _connections = [.. Enumerable.Range(0, settings.Connections).Select(_ => new Connection { Request = requests.NewBuffer() })];
        foreach (var (index, connection) in _connections.Index())
        {
            await connection.ConnectAsync(settings.Ports[index % settings.Ports.Count]).ConfigureAwait(false);
        }
    }

    /// <summary>The message ids of the requests that were answered with 2xx, duplicates as often as they were.</summary>
    public IEnumerable<string> Acknowledged => _acknowledged.SelectMany(numbers => numbers).Select(requests.Id);

    public async Task<LoadResult> ClosedAsync()
    {
        var started = Start();
        var length = TimeSpan.FromSeconds(settings.Seconds);
        await Task.WhenAll(_connections.Select((connection, index) => LoopAsync(connection, index, started, length))).ConfigureAwait(false);
        return Result(Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Latency counts from the time a request was due, so a stall of the server shows in every request that waited for it.</summary>
    public async Task<LoadResult> OpenAsync()
    {
        var due = Channel.CreateUnbounded<long>(new() { SingleWriter = true });
        // Off this thread: it may be the one that reads and writes the sockets.
        var started = Start();
        var countFrom = started + (long)(Ramp.TotalSeconds * Stopwatch.Frequency);
        var workers = _connections.Select((connection, index) => Task.Run(() => ServeAsync(connection, index, due.Reader, countFrom))).ToArray();
        await Task.Factory.StartNew(() => Schedule(started, due.Writer), TaskCreationOptions.LongRunning).ConfigureAwait(false);
        await Task.WhenAll(workers).ConfigureAwait(false);
        return Result(Stopwatch.GetElapsedTime(started));
    }

    private long Start()
    {
        _startedAt = DateTimeOffset.UtcNow;
        return Stopwatch.GetTimestamp();
    }

    private void Schedule(long started, ChannelWriter<long> due)
    {
        var total = (int)(settings.Rate * (settings.Seconds + Ramp.TotalSeconds));
        var random = new Random(1);
        var at = 0.0;
        for (var sent = 0; sent < total;)
        {
            var now = Stopwatch.GetElapsedTime(started).TotalSeconds;
            while (sent < total && at <= now)
            {
                due.TryWrite(started + (long)(at * Stopwatch.Frequency));
                at += -Math.Log(1 - random.NextDouble()) / settings.Rate;
                sent++;
            }

            Thread.Sleep(1);
        }

        due.Complete();
    }

    private async Task LoopAsync(Connection connection, int index, long started, TimeSpan length)
    {
        var (latencies, acknowledged) = Books();
        while (Stopwatch.GetElapsedTime(started) < length && _numbers.Next(index) is { } number)
        {
            requests.Write(number, connection.Request);
            var sent = Stopwatch.GetTimestamp();
            try
            {
                Count(await connection.ExchangeAsync().ConfigureAwait(false), number, acknowledged);
            }
            catch (Exception error) when (settings.Breaks && error is (SocketException or InvalidOperationException))
            {
                // The server was killed, as the benchmark means to; the request has no answer.
                return;
            }

            latencies.Add(Stopwatch.GetElapsedTime(sent));
        }
    }

    private async Task ServeAsync(Connection connection, int index, ChannelReader<long> due, long countFrom)
    {
        var (latencies, acknowledged) = Books();
        await foreach (var at in due.ReadAllAsync().ConfigureAwait(false))
        {
            if (_numbers.Next(index) is not { } number)
            {
                return;
            }

            requests.Write(number, connection.Request);
            Count(await connection.ExchangeAsync().ConfigureAwait(false), number, acknowledged);
            if (at >= countFrom)
            {
                latencies.Add(Stopwatch.GetElapsedTime(at));
            }
        }
    }

    private (Latencies Latencies, List<int> Acknowledged) Books()
    {
        var (latencies, acknowledged) = (new Latencies(), new List<int>());
        _latencies.Add(latencies);
        _acknowledged.Add(acknowledged);
        return (latencies, acknowledged);
    }

    private void Count(Answer answer, int number, List<int> acknowledged)
    {
        if (answer != Answer.Refused)
        {
            acknowledged.Add(number);
        }

        switch (answer)
        {
            case Answer.Accepted: Interlocked.Increment(ref _accepted); break;
            case Answer.Duplicate: Interlocked.Increment(ref _duplicates); break;
            default: Interlocked.Increment(ref _refused); break;
        }
    }

    private LoadResult Result(TimeSpan length)
    {
        var all = new Latencies();
        all.AddRange(_latencies);
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        return new LoadResult(
            _startedAt, length.TotalSeconds, _accepted, _duplicates, _refused, all.Percentile(50), all.Percentile(99), all.Percentile(99.9), all.Percentile(100), 0);
    }
}
