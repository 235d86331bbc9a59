using System.Collections.Immutable;
using System.Security.Cryptography;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>
/// Gives events their message id and key of deduplication, for requests that one alternative of a scheme has verified. An id that is signed and promised to be unique is the key.
/// Any other counts together with the digest of the body, so that nobody can use up the id of a message that is still to come. Without an id the digest is the key.
/// When in doubt an event is accepted once more, and none is lost. Thread-safe.
/// </summary>
internal sealed class EventIdentity
{
    private readonly FieldExpression _written;
    private readonly FieldExpression _ids;
    private readonly ImmutableArray<bool> _signed;
    private readonly ImmutableArray<bool> _alone;
    private readonly BodyDigest _digest;
    private readonly bool _refusesSameBody;
    private readonly bool _canBeGivenAnId;

    // Names and values of a sorted form are signed without what stands between them, so they can be cut in another place: that changes every field, and not the digest.
    private readonly bool _canBeCutAgain;

    /// <param name="plan">Where the ids stand.</param>
    /// <param name="alternative">What verified the request; <see langword="null"/> if nothing is signed.</param>
    /// <param name="sameBody">What the source does with a body that is known under another id.</param>
    public EventIdentity(EventPlan plan, AlternativePlan? alternative, SameBodyPolicy sameBody)
    {
        bool Signed(ImmutableArray<FieldReference> fields) => alternative is not null && fields.All(field => SignedFields.Covers(alternative, field));
        _canBeCutAgain = alternative is not null && alternative.ReadsForm && !SignedFields.CoversBytes(alternative);
        bool Alone(ImmutableArray<FieldReference> fields) => Signed(fields) && !_canBeCutAgain
            && (fields.Any(field => field.Source == FieldSource.BodyHash) || (plan.HasUniqueId && (plan.Split is null || fields.Any(field => plan.Split.EndsIn(field.Items)))));

        _written = plan.Id;
        _ids = new FieldExpression([.. plan.Id.Alternatives.OrderByDescending(Signed)]);
        _signed = [.. _ids.Alternatives.Select(Signed)];
        _alone = [.. _ids.Alternatives.Select(Alone)];
        _digest = new BodyDigest(_canBeCutAgain, plan.Attempt);
        _refusesSameBody = sameBody == SameBodyPolicy.Refuse;
        _canBeGivenAnId = _signed.Contains(false);
    }

    /// <summary>The message id of an event, and its key unless that is the message id.</summary>
    /// <param name="body">Its bytes.</param>
    /// <param name="items">The array that it is an item of, as paths name it; empty for the whole body.</param>
    /// <param name="fields">Its fields.</param>
    public (string MessageId, DeduplicationKey? Key) Of(ReadOnlySpan<byte> body, string items, FieldValues fields)
    {
        var found = fields.Join(_ids, ':', whole: true, out var which);
        if (found is { } own && _alone[which])
        {
            return (FieldText.Id(own.Text), null);
        }

        if (found is null && !_canBeGivenAnId && _digest.IsOfBytes)
        {
            return (FieldText.HashOf(body), null);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _digest.Write(body, items, digest);
        var isShared = _canBeCutAgain || (found is null ? _canBeGivenAnId : !_signed[which]);
        var alone = FieldText.HashText(digest);
        var messageId = found is { } id ? FieldText.Id(id.Text) : alone;
        var key = found is null || (isShared && _refusesSameBody) ? alone : DeduplicationKey.Join(messageId, digest);
        var shortDigest = DeduplicationKey.Short(digest);
        var earlier = fields.Join(_written, ':', whole: true) is { } first ? FieldText.Id(first.Text) : FieldText.HashOf(body);
        return (messageId, new DeduplicationKey(key, shortDigest, isShared, earlier == key ? null : earlier, _digest.IsOfBytes ? shortDigest : HashOf(body)));
    }

    private static long HashOf(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return DeduplicationKey.Short(hash);
    }
}
