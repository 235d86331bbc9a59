namespace Carrick.Server.Demo;

/// <summary>What has happened so far. Thread-safe.</summary>
internal sealed class DemoProgress
{
    private readonly long[] _counts = new long[Enum.GetValues<DemoCount>().Length];

    /// <summary>What the demo does now, in a few words.</summary>
    public string Phase { get; set; } = "Starting";

    public long this[DemoCount count] => Volatile.Read(ref _counts[(int)count]);

    public void Add(DemoCount count, long number = 1) => Interlocked.Add(ref _counts[(int)count], number);
}

/// <summary>What is counted while the demo runs.</summary>
internal enum DemoCount
{
    /// <summary>Requests that were answered.</summary>
    Sent,

    /// <summary>New events.</summary>
    Accepted,

    /// <summary>Known message ids.</summary>
    Duplicate,

    /// <summary>Signatures that did not hold.</summary>
    Refused,

    /// <summary>Answers 503, sent again.</summary>
    Full,

    /// <summary>Attempts of the handler that threw on purpose.</summary>
    HandlerFailure,

    /// <summary>Requests that an endpoint answered 200.</summary>
    Delivered,

    /// <summary>Endpoint answers 500.</summary>
    ServerError,

    /// <summary>Endpoint answers that never came.</summary>
    Hang,

    /// <summary>Endpoint connections that were reset.</summary>
    Reset,

    /// <summary>Endpoint answers 429.</summary>
    Throttle,

    /// <summary>Endpoint answers 410.</summary>
    Gone,

    /// <summary>Dead letters that were replayed.</summary>
    Replayed,
}
