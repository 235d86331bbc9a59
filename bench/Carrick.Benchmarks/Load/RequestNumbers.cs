namespace Carrick.Benchmarks.Load;

/// <summary>Which request a connection sends next. Thread-safe, but each connection asks for itself only.</summary>
internal sealed class RequestNumbers
{
    private const int DuplicateEvery = 10;
    private const int DuplicateDistance = 55;

    private readonly int _count;
    private readonly Queue<int>[]? _own;
    private int _next = -1;

    private RequestNumbers(int count, Queue<int>[]? own) => (_count, _own) = (count, own);

    /// <summary>All connections draw from one row; every tenth request is one that was sent shortly before.</summary>
    public static RequestNumbers Shared(int count) => new(count, null);

    /// <summary>All requests of a key go over one connection, each after the answer to the one before: the order of the sender is beyond doubt.</summary>
    public static RequestNumbers ByKey(int count, int connections, KeyPlan plan)
    {
        Queue<int>[] own = [.. Enumerable.Range(0, connections).Select(_ => new Queue<int>())];
        for (var number = 0; number < count; number++)
        {
            own[plan.KeyOf(number) % connections].Enqueue(number);
        }

        return new RequestNumbers(count, own);
    }

    /// <returns><see langword="null"/> when there is none left.</returns>
    public int? Next(int connection)
    {
        if (_own is not null)
        {
            return _own[connection].TryDequeue(out var own) ? own : null;
        }

        var number = Interlocked.Increment(ref _next);
        if (number >= _count)
        {
            return null;
        }

        return number % DuplicateEvery == DuplicateEvery - 1 && number > DuplicateDistance ? number - DuplicateDistance : number;
    }
}
