using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Told of what a stranger may have sent. Thread-safe; must return at once.</summary>
internal interface ISecuritySignals
{
    /// <summary>A request of a source was refused.</summary>
    /// <param name="source">The integration.</param>
    /// <param name="reason">The true reason, which the caller was not told.</param>
    void SignatureRejected(string source, SignatureFailure reason);

    /// <summary>Events of a source were accepted although their body was known under another id, which is not signed.</summary>
    /// <param name="source">The integration.</param>
    /// <param name="count">How many.</param>
    void PossibleReplay(string source, int count);
}
