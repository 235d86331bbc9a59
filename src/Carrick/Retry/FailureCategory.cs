namespace Carrick.Retry;

/// <summary>Why an attempt failed; the closed list that decides what comes next.</summary>
public enum FailureCategory
{
    /// <summary>It did not fail.</summary>
    None = 0,

    /// <summary>May pass: time-out, connection, 5xx, an exception of a handler. Uses up the retry budget.</summary>
    Transient = 1,

    /// <summary>429, or 503 with <c>Retry-After</c>: the other side asks for less. Counted apart; does not use up the budget.</summary>
    Throttled = 2,

    /// <summary>Will not pass: 4xx that the endpoint does not call transient, a payload that cannot be read. Dead at once.</summary>
    Permanent = 3,

    /// <summary>410: the endpoint is gone. Dead at once, and the endpoint is disabled.</summary>
    Gone = 4,

    /// <summary>Our own shutdown. No attempt is counted.</summary>
    Cancelled = 5,

    /// <summary>It killed its host, or its handler did not end, again and again. Dead at once.</summary>
    Poison = 6,
}
