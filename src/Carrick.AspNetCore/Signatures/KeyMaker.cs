using NSec.Cryptography;

namespace Carrick.Signatures;

/// <summary>Turns a secret into a key of an alternative, or says why it cannot be one.</summary>
internal static class KeyMaker
{
    /// <summary>The shortest HMAC key, token or password in bytes, unless the scheme wants more.</summary>
    public const int MinBytes = 5;

    /// <summary>The most that a scheme may want.</summary>
    public const int MaxMinBytes = 512;

    private const int PublicKeySize = 32;

    public static WebhookKey? TryMake(AlternativePlan plan, string secret, int number, out string? problem)
    {
        problem = null;
        var prefixed = secret.StartsWith(plan.Key.Prefix, StringComparison.Ordinal);
        if (plan.Key.PrefixRequired && !prefixed)
        {
            problem = $"does not begin with '{plan.Key.Prefix}'";
            return null;
        }

        var bytes = StrictEncoding.TryDecodeSecret(prefixed ? secret[plan.Key.Prefix.Length..] : secret, plan.Key.Encoding);
        if (bytes is null)
        {
            problem = $"is not {plan.Key.Encoding.ToString().ToLowerInvariant()}";
        }
        else if (plan.Kind == SignatureKind.Ed25519)
        {
            return TryMakePublic(plan, bytes, number, out problem);
        }
        else if (bytes.Length < plan.Key.MinBytes)
        {
            problem = $"is too short: at least {plan.Key.MinBytes} bytes are needed{Written(plan.Key)}";
        }
        else if (bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            problem = "is all zero bytes";
        }
        else if (plan.Kind == SignatureKind.Basic && !secret.Contains(':', StringComparison.Ordinal))
        {
            problem = "is not 'user:password'";
        }

        return problem is null ? new WebhookKey(number, bytes!, plan.Hash, null) : null;
    }

    /// <summary>The length that a person sees.</summary>
    private static string Written(KeyPlan key) => key.Encoding switch
    {
        TextEncoding.Hex => $", {key.MinBytes * 2} characters of hex",
        TextEncoding.Base64 => $", {(key.MinBytes + 2) / 3 * 4} characters of base64",
        TextEncoding.Base64Url => $", {((key.MinBytes * 4) + 2) / 3} characters of base64url",
        _ => "",
    };

    /// <summary>Whether it is a point of small order, of either sign: a signature under it proves nothing (RFC 8032 leaves the check to us).</summary>
    public static bool IsSmallOrder(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> masked = stackalloc byte[PublicKeySize];
        publicKey.CopyTo(masked);
        masked[^1] &= 0x7F;
        return Convert.ToHexStringLower(masked) is "0000000000000000000000000000000000000000000000000000000000000000"
            or "0100000000000000000000000000000000000000000000000000000000000000"
            or "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
            or "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
            or "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
            or "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
            or "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    }

    private static WebhookKey? TryMakePublic(AlternativePlan plan, byte[] bytes, int number, out string? problem)
    {
        PublicKey? key = null;
        var weak = bytes.Length == PublicKeySize && IsSmallOrder(bytes);
        problem = weak ? "is a weak Ed25519 key (a point of small order)" : "is not an Ed25519 public key of 32 bytes";
        if (weak || !PublicKey.TryImport(SignatureAlgorithm.Ed25519, bytes, KeyBlobFormat.RawPublicKey, out key))
        {
            return null;
        }

        problem = null;
        return new WebhookKey(number, bytes, plan.Hash, key);
    }
}
