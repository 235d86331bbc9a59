using System.Collections.Immutable;
using System.Globalization;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Makes events of a verified request. Nothing that is signed is refused for its content: what cannot be read gets a fallback. Thread-safe.</summary>
internal sealed class EventMapper
{
    // The fewest bytes of an item in a body at its limit; a batch of smaller ones is no batch of events.
    private const int BytesPerItem = 64;
    private const int LeastItems = 1_000;
    private readonly EventPlan _plan;
    private readonly ImmutableArray<(AlternativePlan Alternative, EventIdentity Identity)> _identities;
    private readonly EventIdentity _unsigned;
    private readonly FieldReader _reader;
    private readonly int _mostItems;

    public EventMapper(WebhookSourceDefinition definition)
    {
        _plan = definition.Override(definition.Scheme.Plan.Event);
        _identities = [.. definition.Scheme.Plan.Alternatives.Select(alternative => (alternative, new EventIdentity(_plan, alternative, definition.SameBody)))];
        _unsigned = new EventIdentity(_plan, null, definition.SameBody);
        _reader = new FieldReader(_plan.References);
        _mostItems = (int)Math.Max(LeastItems, definition.MaxBodyBytes / BytesPerItem);
    }

    /// <summary>The events of the request, in its order.</summary>
    /// <returns>Nothing if the body has too many.</returns>
    public IReadOnlyList<IncomingEvent> Map(string integration, in WebhookRequest request, SignatureVerdict verdict, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var shared = new IncomingEvent
        {
            Integration = integration,
            Type = FieldText.UnknownType,
            MessageId = "",
            ContentType = HeaderText.Single(request.Headers, "content-type") is { Length: <= FieldText.MaxLength } contentType ? contentType : null,
            Headers = headers,
            Body = request.Body,
            TraceParent = TraceParent.Read(request.Headers),
            Verdict = verdict.Text,
        };
        var items = _plan.Split is { } split ? JsonItems.Find(split, request.Body.Span, _mostItems) : [JsonItem.Whole(request.Body.Length)];
        if (items is null)
        {
            return [];
        }

        var identity = IdentityOf(verdict.Alternative);
        var fields = _reader.Open(request);
        var events = new IncomingEvent[items.Count];
        for (var i = 0; i < events.Length; i++)
        {
            var values = fields.Read(items[i]);
            events[i] = Map(shared with { Body = request.Body[items[i].Start..items[i].End] }, values, identity.Of(request.Body.Span[items[i].Start..items[i].End], items[i].Items, values));
        }

        return events;
    }

    private EventIdentity IdentityOf(AlternativePlan? alternative)
    {
        foreach (var known in _identities)
        {
            if (ReferenceEquals(known.Alternative, alternative))
            {
                return known.Identity;
            }
        }

        return _unsigned;
    }

    private IncomingEvent Map(IncomingEvent item, FieldValues fields, (string MessageId, DeduplicationKey? Key) identity) => item with
    {
        MessageId = identity.MessageId,
        Key = identity.Key,
        Type = fields.Join(_plan.Type, '.', whole: false) is { Hashed: false } type ? FieldText.Type(type.Text) : FieldText.UnknownType,
        Subject = fields.Join(_plan.Subject, ':', whole: true) is { } subject ? FieldText.Id(subject.Text) : null,
        Version = fields.Join(_plan.Version, ':', whole: true) is { } version ? Version(version.Text) : null,
    };

    private static long? Version(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : null;
    }
}
