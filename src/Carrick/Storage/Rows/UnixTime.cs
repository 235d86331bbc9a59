namespace Carrick.Storage.Rows;

/// <summary>Times as the database keeps them: Unix milliseconds.</summary>
internal static class UnixTime
{
    public static long Of(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static long? Of(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    /// <summary>A due time, rounded up: never earlier than asked. Never 0, which means "at once".</summary>
    public static long Due(DateTimeOffset time)
    {
        var milliseconds = time.ToUnixTimeMilliseconds();
        return Math.Max(1, time.UtcTicks % TimeSpan.TicksPerMillisecond == 0 ? milliseconds : milliseconds + 1);
    }

    public static DateTimeOffset From(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? From(long? milliseconds) => milliseconds is { } value ? From(value) : null;

    /// <summary>The smallest id key of this millisecond.</summary>
    public static long Key(DateTimeOffset time) => Math.Max(0, time.ToUnixTimeMilliseconds()) << 12;
}
