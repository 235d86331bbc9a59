using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>The names of refusal reasons in metrics and logs.</summary>
internal static class SignatureReasons
{
    public static string Name(SignatureFailure failure) => failure switch
    {
        SignatureFailure.MissingSignature or SignatureFailure.NotApplicable => "missing_signature",
        SignatureFailure.DuplicateSignature => "duplicate_signature",
        SignatureFailure.MalformedSignature => "malformed_signature",
        SignatureFailure.MissingField => "missing_field",
        SignatureFailure.MalformedTimestamp => "malformed_timestamp",
        SignatureFailure.StaleTimestamp => "stale_timestamp",
        SignatureFailure.FutureTimestamp => "future_timestamp",
        SignatureFailure.BodyHashMismatch => "body_hash_mismatch",
        SignatureFailure.HandshakeMismatch => "handshake_mismatch",
        _ => "mismatch",
    };
}
