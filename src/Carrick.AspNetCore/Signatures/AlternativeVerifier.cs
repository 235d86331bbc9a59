using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Ed25519 = NSec.Cryptography.SignatureAlgorithm;

namespace Carrick.Signatures;

/// <summary>Checks requests against one alternative. Thread-safe.</summary>
internal sealed class AlternativeVerifier(string scheme, KeyedAlternative alternative, string? publicUrl, TimeSpan? tolerance)
{
    private readonly AlternativePlan _plan = alternative.Plan;
    private readonly ImmutableArray<WebhookKey> _keys = alternative.Keys;
    private readonly TimestampPlan? _timestamp = WithTolerance(alternative.Plan.Timestamp, tolerance);
    private readonly ImmutableArray<string> _names = [.. alternative.Keys.Select(key => $"{scheme}/{alternative.Plan.Name}#{key.Number}")];

    public SignatureVerdict Verify(in WebhookRequest request, DateTimeOffset now)
    {
        foreach (var predicate in _plan.Applies)
        {
            if (!predicate.Holds(request))
            {
                return SignatureVerdict.Rejected(SignatureFailure.NotApplicable);
            }
        }

        var failure = SignatureList.TryRead(request.Headers, _plan.Signature, out var signatures);
        if (failure == SignatureFailure.None && _timestamp is not null)
        {
            failure = TimestampCheck.Check(_timestamp, request, signatures, now);
        }

        if (failure != SignatureFailure.None)
        {
            return SignatureVerdict.Rejected(failure);
        }

        return _plan.Kind is SignatureKind.Token or SignatureKind.Basic ? Compare(signatures) : Compute(request, signatures);
    }

    /// <summary>Compares shared secrets by their hashes, so that neither content nor length shows in the time.</summary>
    private SignatureVerdict Compare(in SignatureList signatures)
    {
        var text = signatures.First;
        var given = _plan.Kind == SignatureKind.Token ? Encoding.UTF8.GetBytes(text) : StrictEncoding.TryDecodeSecret(text, TextEncoding.Base64);
        if (given is null)
        {
            return SignatureVerdict.Rejected(SignatureFailure.MalformedSignature);
        }

        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(given, actual);
        for (var i = 0; i < _keys.Length; i++)
        {
            SHA256.HashData(_keys[i].Bytes, expected);
            if (CryptographicOperations.FixedTimeEquals(actual, expected))
            {
                return new SignatureVerdict(SignatureFailure.None, _names[i], _keys[i], _plan);
            }
        }

        return SignatureVerdict.Rejected(SignatureFailure.Mismatch);
    }

    private SignatureVerdict Compute(in WebhookRequest request, in SignatureList signatures)
    {
        if (_plan.BodyHash is not null && !BodyHashMatches(_plan.BodyHash, request))
        {
            return SignatureVerdict.Rejected(SignatureFailure.BodyHashMismatch);
        }

        Span<byte> decoded = stackalloc byte[SignatureList.MaxSignatures * _plan.SignatureSize];
        var count = signatures.Decode(_plan, decoded);
        if (count == 0)
        {
            return SignatureVerdict.Rejected(SignatureFailure.MalformedSignature);
        }

        decoded = decoded[..(count * _plan.SignatureSize)];
        FormFields? form = null;
        try
        {
            if (_plan.ReadsForm && (form = FormFields.TryRead(request.Body.Span)) is null)
            {
                return SignatureVerdict.Rejected(SignatureFailure.MissingField);
            }

            foreach (var candidate in _plan.UrlCandidates)
            {
                var url = _plan.SignsUrl ? PublicUrls.Make(publicUrl, request.Query, candidate) : "";
                if (url is null)
                {
                    continue;
                }

                var content = new SignedContent(_plan.Content, request, signatures, form, url);
                for (var i = 0; i < _keys.Length; i++)
                {
                    switch (Matches(content, _keys[i], decoded))
                    {
                        case true:
                            return new SignatureVerdict(SignatureFailure.None, _names[i], _keys[i], _plan);
                        case null:
                            return SignatureVerdict.Rejected(SignatureFailure.MissingField);
                    }
                }
            }
        }
        finally
        {
            form?.Dispose();
        }

        return SignatureVerdict.Rejected(SignatureFailure.Mismatch);
    }

    /// <returns><see langword="null"/> if the content needs a field that the request does not have.</returns>
    private bool? Matches(in SignedContent content, WebhookKey key, ReadOnlySpan<byte> decoded) => _plan.Kind switch
    {
        SignatureKind.Ed25519 => MatchesPublic(content, key, decoded),
        SignatureKind.Hash => MatchesHash(content, key, decoded),
        _ => MatchesMac(content, key, decoded),
    };

    private bool? MatchesMac(in SignedContent content, WebhookKey key, ReadOnlySpan<byte> decoded)
    {
        var mac = key.RentMac();
        Span<byte> expected = stackalloc byte[_plan.SignatureSize];
        var sink = new HashSink(mac);
        var complete = content.TryWrite(key.Bytes, ref sink);
        mac.GetHashAndReset(expected);
        key.ReturnMac(mac);
        return complete ? AnyEquals(expected, decoded) : null;
    }

    private bool? MatchesHash(in SignedContent content, WebhookKey key, ReadOnlySpan<byte> decoded)
    {
        using var hash = IncrementalHash.CreateHash(_plan.Hash);
        Span<byte> expected = stackalloc byte[_plan.SignatureSize];
        var sink = new HashSink(hash);
        var complete = content.TryWrite(key.Bytes, ref sink);
        hash.GetHashAndReset(expected);
        return complete ? AnyEquals(expected, decoded) : null;
    }

    private bool? MatchesPublic(in SignedContent content, WebhookKey key, ReadOnlySpan<byte> decoded)
    {
        var sink = new BufferSink(ArrayPool<byte>.Shared);
        try
        {
            if (!content.TryWrite(key.Bytes, ref sink))
            {
                return null;
            }

            for (var at = 0; at < decoded.Length; at += _plan.SignatureSize)
            {
                if (Ed25519.Ed25519.Verify(key.PublicKey!, sink.Written, decoded.Slice(at, _plan.SignatureSize)))
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            sink.Dispose();
        }
    }

    /// <summary>Looks at every signature, whether or not an earlier one was equal.</summary>
    private static bool AnyEquals(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> decoded)
    {
        var equal = false;
        for (var at = 0; at < decoded.Length; at += expected.Length)
        {
            equal |= CryptographicOperations.FixedTimeEquals(expected, decoded.Slice(at, expected.Length));
        }

        return equal;
    }

    private static TimestampPlan? WithTolerance(TimestampPlan? plan, TimeSpan? tolerance) =>
        plan is null || tolerance is null ? plan : plan with { Tolerance = tolerance.Value };

    private static bool BodyHashMatches(BodyHashPlan plan, in WebhookRequest request)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        var text = request.QueryValue(plan.QueryField);
        return text is not null
            && StrictEncoding.TryDecode(text, TextEncoding.Hex, given)
            && SHA256.TryHashData(request.Body.Span, actual, out _)
            && CryptographicOperations.FixedTimeEquals(given, actual);
    }
}
