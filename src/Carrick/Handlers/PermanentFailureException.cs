namespace Carrick;

/// <summary>Thrown by a handler to say that trying again would not help: the delivery becomes a dead letter at once.</summary>
public sealed class PermanentFailureException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Why; kept with the attempt, so without secrets.</param>
    /// <param name="inner">The cause.</param>
    public PermanentFailureException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
