namespace Carrick.Delivery;

/// <summary>Reads <c>Retry-After</c> (RFC 9110 section 10.2.3). Pure.</summary>
internal static class RetryAfterHeader
{
    /// <summary>The longest wait that an other side can ask for; a longer one is cut to it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>The instant before which no attempt may start, by our clock.</summary>
    /// <param name="lines">The header's lines; the latest instant of those that can be read counts.</param>
    /// <param name="receivedAt">When the response's headers were in; seconds count from here.</param>
    /// <returns>
    /// Not before <paramref name="receivedAt"/>, at most <see cref="Longest"/> after it, in whole milliseconds, rounded up: the store keeps
    /// milliseconds and the instant must not move forward. No wait is exactly <paramref name="receivedAt"/>, so that it is never in the future.
    /// <see langword="null"/> if no line can be read; a negative number cannot.
    /// </returns>
    public static DateTimeOffset? Read(IEnumerable<string> lines, DateTimeOffset receivedAt)
    {
        TimeSpan? longest = null;
        foreach (var line in lines)
        {
            if (ReadLine(line.AsSpan().Trim(" \t"), receivedAt) is { } wait && !(wait <= longest))
            {
                longest = wait;
            }
        }

        return longest is not { } asked ? null
            : asked == TimeSpan.Zero ? receivedAt
            : RoundUp(receivedAt + (asked < Longest ? asked : Longest));
    }

    private static TimeSpan? ReadLine(ReadOnlySpan<char> text, DateTimeOffset receivedAt)
    {
        if (text.IsEmpty)
        {
            return null;
        }

        if (!text.ContainsAnyExceptInRange('0', '9'))
        {
            // More digits than a long holds are a number all the same.
            return long.TryParse(text, out var seconds) && seconds < (long)Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Longest;
        }

        return HttpDate.TryParse(text, receivedAt, out var date)
            ? date > receivedAt ? date - receivedAt : TimeSpan.Zero
            : null;
    }

    private static DateTimeOffset RoundUp(DateTimeOffset instant)
    {
        var rest = instant.Ticks % TimeSpan.TicksPerMillisecond;
        return rest == 0 ? instant : instant.AddTicks(TimeSpan.TicksPerMillisecond - rest);
    }
}
