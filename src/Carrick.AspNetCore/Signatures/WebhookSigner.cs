using NSec.Cryptography;

namespace Carrick.Signatures;

/// <summary>Signs requests the way a provider does: for sample events, demonstrations and tests. Thread-safe.</summary>
public static class WebhookSigner
{
    /// <summary>Signs a message.</summary>
    /// <param name="scheme">The provider's scheme.</param>
    /// <param name="secret">The secret; for Ed25519 the secret key as <c>whsk_</c> and base64 of 64 bytes.</param>
    /// <param name="message">What to send.</param>
    /// <returns>The headers to send with the body, and the URL to post to, to which a scheme may have added a query.</returns>
    /// <exception cref="ArgumentException">The secret does not fit, the scheme has no such alternative, or it signs the URL and the message has none.</exception>
    public static SignedWebhook Sign(WebhookScheme scheme, string secret, WebhookMessage message)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(message);
        var alternative = Choose(scheme.Plan, secret, message);
        var draft = new SignatureDraft(scheme.Plan, alternative, message);
        draft.Prepare();
        var signature = alternative.Kind switch
        {
            SignatureKind.Token => secret,
            SignatureKind.Basic => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret)),
            SignatureKind.Ed25519 => draft.Encode(SignPublic(draft, secret)),
            _ => draft.Encode(Digest(draft, alternative, secret)),
        };
        return draft.Finish(signature);
    }

    private static AlternativePlan Choose(SchemePlan plan, string secret, WebhookMessage message)
    {
        var publicKey = secret.StartsWith("whsk_", StringComparison.Ordinal);
        return plan.Alternatives.FirstOrDefault(alternative => message.Alternative is { } name
                ? alternative.Name == name
                : plan.Accept.Contains(alternative.Name) && (alternative.Kind == SignatureKind.Ed25519) == publicKey && Suits(alternative, message))
            ?? throw new ArgumentException($"Scheme '{plan.Name}' has no alternative {message.Alternative ?? "for this message"}.", nameof(message));
    }

    private static bool Suits(AlternativePlan alternative, WebhookMessage message) => alternative.Applies
        .Where(predicate => predicate.Source == PredicateSource.ContentType)
        .All(predicate => message.ContentType.StartsWith(predicate.Value!, StringComparison.OrdinalIgnoreCase));

    private static byte[] Digest(SignatureDraft draft, AlternativePlan alternative, string secret)
    {
        var key = KeyMaker.TryMake(alternative, secret, 1, out var problem) ?? throw new ArgumentException($"The secret {problem}.", nameof(secret));
        using var hash = alternative.Kind == SignatureKind.Mac
            ? System.Security.Cryptography.IncrementalHash.CreateHMAC(alternative.Hash, key.Bytes)
            : System.Security.Cryptography.IncrementalHash.CreateHash(alternative.Hash);
        var sink = new HashSink(hash);
        draft.Write(key.Bytes, ref sink);
        return hash.GetHashAndReset();
    }

    private static byte[] SignPublic(SignatureDraft draft, string secret)
    {
        const int Seed = 32;
        var bytes = StrictEncoding.TryDecodeSecret(secret["whsk_".Length..], TextEncoding.Base64);
        if (bytes is null || bytes.Length is not (Seed or 2 * Seed)
            || !Key.TryImport(SignatureAlgorithm.Ed25519, bytes.AsSpan(0, Seed), KeyBlobFormat.RawPrivateKey, out var key))
        {
            throw new ArgumentException("The secret is not 'whsk_' and base64 of an Ed25519 secret key.", nameof(secret));
        }

        using (key)
        {
            var sink = new BufferSink(System.Buffers.ArrayPool<byte>.Shared);
            draft.Write([], ref sink);
            var signature = SignatureAlgorithm.Ed25519.Sign(key!, sink.Written);
            sink.Dispose();
            return signature;
        }
    }
}
