namespace Carrick.Retry;

/// <summary>Checks a policy. Pure.</summary>
internal static class RetryPolicyValidator
{
    private static readonly TimeSpan LongestCap = TimeSpan.FromDays(7);

    /// <summary>Every error, each starting with the member's name; empty if there is none.</summary>
    public static IReadOnlyList<string> Validate(RetryPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var errors = new List<string>();
        if (policy.Attempts is < 1 or > 1_000)
        {
            errors.Add($"{nameof(policy.Attempts)}: {policy.Attempts} is not 1 to 1,000.");
        }

        if (policy.Base <= TimeSpan.Zero)
        {
            errors.Add($"{nameof(policy.Base)}: {policy.Base:c} is not over 0.");
        }

        // Written so that NaN, which compares as false, is an error.
        if (policy.Factor is not (>= 1 and <= 10))
        {
            errors.Add(FormattableString.Invariant($"{nameof(policy.Factor)}: {policy.Factor} is not 1 to 10."));
        }

        if (policy.Cap < policy.Base)
        {
            errors.Add($"{nameof(policy.Cap)}: {policy.Cap:c} is below {nameof(policy.Base)}, {policy.Base:c}.");
        }

        if (policy.Cap > LongestCap)
        {
            errors.Add($"{nameof(policy.Cap)}: {policy.Cap:c} is over 7 days.");
        }

        if (policy.Jitter is not (>= 0 and <= 1))
        {
            errors.Add(FormattableString.Invariant($"{nameof(policy.Jitter)}: {policy.Jitter} is not 0 to 1."));
        }

        return errors;
    }
}
