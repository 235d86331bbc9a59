using Carrick.Storage;

namespace Carrick.Tests.Dispatch;

/// <summary>Short ways to make work items.</summary>
internal static class Work
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static RecordId Id(int number) => RecordId.FromKey(number, low: 7);

    public static WorkItem Item(int number, string? key = null, double? dueIn = null) => new()
    {
        Id = Id(number),
        Consumer = 1,
        EventId = Id(number),
        OrderingKey = key,
        DueAt = dueIn is { } seconds ? Start.AddSeconds(seconds) : null,
    };
}
