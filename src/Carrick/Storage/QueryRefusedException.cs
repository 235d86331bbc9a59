namespace Carrick.Storage;

/// <summary>A read of people that was not answered: too many wait, or it took longer than one may. The engine and its own reads go on.</summary>
public sealed class QueryRefusedException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="isTooSlow">It took too long; otherwise too many wait.</param>
    /// <param name="message">What happened and what helps, for people.</param>
    /// <param name="innerException">What the database said.</param>
    public QueryRefusedException(bool isTooSlow, string message, Exception? innerException = null)
        : base(message, innerException) => IsTooSlow = isTooSlow;

    /// <summary>The read took longer than <see cref="Hosting.CarrickOptions.QueryTimeLimit"/>; otherwise it has not begun.</summary>
    public bool IsTooSlow { get; }

    /// <summary>When it is worth trying again.</summary>
    public TimeSpan RetryAfter => TimeSpan.FromSeconds(IsTooSlow ? 5 : 1);

    internal static QueryRefusedException Busy() => new(false, "Too many searches wait for the database. Try again in a second.");

    internal static QueryRefusedException TooSlow(TimeSpan limit, Exception? cause = null) => new(
        true,
        $"The database did not answer within {limit.TotalSeconds:0.#} s, the time that a search may take. Narrow it by messageId, integration, type, or from and to, or try again when the database has less to do.",
        cause);
}
