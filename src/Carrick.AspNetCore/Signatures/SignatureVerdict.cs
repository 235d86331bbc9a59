namespace Carrick.Signatures;

/// <summary>What a check found.</summary>
/// <param name="Failure">Why it failed, or <see cref="SignatureFailure.None"/>.</param>
/// <param name="Text">Scheme, alternative and number of the secret, such as <c>stripe/default#1</c>; empty if it failed.</param>
/// <param name="Key">The key that matched.</param>
/// <param name="Alternative">The alternative that matched.</param>
internal readonly record struct SignatureVerdict(SignatureFailure Failure, string Text, WebhookKey? Key, AlternativePlan? Alternative)
{
    public bool IsValid => Failure == SignatureFailure.None && Key is not null;

    public static SignatureVerdict Rejected(SignatureFailure failure) => new(failure, "", null, null);
}

/// <summary>Why a request was refused, for the operator only. Ordered: of several alternatives the one that came furthest is reported.</summary>
internal enum SignatureFailure
{
    None,
    NotApplicable,
    MissingSignature,
    DuplicateSignature,
    MalformedSignature,
    MissingField,
    MalformedTimestamp,
    StaleTimestamp,
    FutureTimestamp,
    BodyHashMismatch,
    Mismatch,
    HandshakeMismatch,
}
