using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Told of refused requests. Thread-safe; must return at once.</summary>
internal interface ISecuritySignals
{
    /// <summary>A request of a source was refused.</summary>
    /// <param name="source">The integration.</param>
    /// <param name="reason">The true reason, which the caller was not told.</param>
    void SignatureRejected(string source, SignatureFailure reason);
}
