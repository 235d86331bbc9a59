namespace Carrick.Retry;

/// <summary>When to try again, and how often. Immutable.</summary>
public sealed record RetryPolicy
{
    /// <summary>8 attempts, 1 s doubling up to 1 h, jitter 0.2.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>The budget of failed attempts; throttled ones do not count.</summary>
    /// <value>1 to 1,000; default 8.</value>
    public int Attempts { get; init; } = 8;

    /// <summary>The delay after the first failure.</summary>
    /// <value>Over 0; default 1 s.</value>
    public TimeSpan Base { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What each further failure multiplies the delay by.</summary>
    /// <value>1 to 10; default 2.</value>
    public double Factor { get; init; } = 2;

    /// <summary>The longest delay.</summary>
    /// <value>At least <see cref="Base"/>, at most 7 days; default 1 h.</value>
    public TimeSpan Cap { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The share of the delay that chance adds or takes.</summary>
    /// <value>0 to 1; default 0.2.</value>
    public double Jitter { get; init; } = 0.2;
}
