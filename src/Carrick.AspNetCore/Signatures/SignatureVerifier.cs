using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>
/// Checks requests against the accepted alternatives of a source. All accepted alternatives are tried and each stands alone: a header that is
/// there never selects a weaker one. Works on raw bytes and header text only. Thread-safe.
/// </summary>
internal sealed class SignatureVerifier
{
    private readonly ImmutableArray<AlternativeVerifier> _alternatives;

    public SignatureVerifier(string scheme, ImmutableArray<KeyedAlternative> alternatives, string? publicUrl, TimeSpan? tolerance) =>
        _alternatives = [.. alternatives.Select(alternative => new AlternativeVerifier(scheme, alternative, publicUrl, tolerance))];

    public SignatureVerdict Verify(in WebhookRequest request, DateTimeOffset now)
    {
        var furthest = SignatureFailure.NotApplicable;
        foreach (var alternative in _alternatives)
        {
            var verdict = alternative.Verify(request, now);
            if (verdict.IsValid)
            {
                return verdict;
            }

            furthest = verdict.Failure > furthest ? verdict.Failure : furthest;
        }

        return SignatureVerdict.Rejected(furthest == SignatureFailure.NotApplicable ? SignatureFailure.MissingSignature : furthest);
    }
}
