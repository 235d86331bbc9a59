using Microsoft.Extensions.Options;

namespace Carrick.Hosting;

/// <summary>Checks all limits and periods; every error in one message, each with its key.</summary>
internal sealed class CarrickOptionsValidator : IValidateOptions<CarrickOptions>
{
    /// <summary>The least <see cref="CarrickOptions.MessageIdRetention"/>.</summary>
    public static readonly TimeSpan LeastMessageIdRetention = TimeSpan.FromDays(4);

    /// <summary>The most of every retention; a period that is taken from the present time must not leave the calendar.</summary>
    public static readonly TimeSpan LongestRetention = TimeSpan.FromDays(36_500);

    public ValidateOptionsResult Validate(string? name, CarrickOptions options)
    {
        List<string> errors = [];
        Check(errors, options.WriteQueueCapacity is >= 16 and <= 1_000_000, nameof(options.WriteQueueCapacity), "must be 16 to 1,000,000");
        Check(errors, options.CommitBatch is >= 1 and <= 10_000, nameof(options.CommitBatch), "must be 1 to 10,000");
        Check(errors, options.ConsumerBuffer is >= 16 and <= 100_000, nameof(options.ConsumerBuffer), "must be 16 to 100,000");
        Check(errors, options.BodyBuffer is >= 0 and <= 4L << 30, nameof(options.BodyBuffer), "must be 0 to 4 GiB");
        Check(errors, In(options.ShutdownGrace, TimeSpan.Zero, TimeSpan.FromMinutes(10)), nameof(options.ShutdownGrace), "must be 0 to 10 minutes");
        Check(errors, In(options.HandlerLinger ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMilliseconds(100)), nameof(options.HandlerLinger), "must be 0 to 100 ms");
        Check(errors, In(options.EventRetention, TimeSpan.FromHours(1), LongestRetention), nameof(options.EventRetention), "must be 1 hour to 36,500 days");
        Check(
            errors, In(options.MessageIdRetention, LeastMessageIdRetention, LongestRetention), nameof(options.MessageIdRetention),
            "must be 4 to 36,500 days: at least 4, because senders try again for up to 3");
        Check(errors, options.MessageIdRetention >= options.EventRetention, nameof(options.MessageIdRetention), "must be at least EventRetention");
        Check(errors, In(options.DeadLetterRetention, TimeSpan.FromHours(1), LongestRetention), nameof(options.DeadLetterRetention), "must be 1 hour to 36,500 days");
        Check(errors, In(options.LedgerRetention, TimeSpan.FromHours(1), LongestRetention), nameof(options.LedgerRetention), "must be 1 hour to 36,500 days");
        Check(errors, In(options.QueryTimeLimit, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), nameof(options.QueryTimeLimit), "must be 100 ms to 5 minutes");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static bool In(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;

    private static void Check(List<string> errors, bool valid, string key, string rule)
    {
        if (!valid)
        {
            errors.Add($"Carrick:Engine:{key} {rule}.");
        }
    }
}
