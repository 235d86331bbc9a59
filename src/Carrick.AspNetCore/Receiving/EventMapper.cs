using System.Globalization;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Makes events of a verified request. Nothing that is signed is refused: what cannot be read gets a fallback. Thread-safe.</summary>
internal sealed class EventMapper
{
    private const string UnknownType = "unknown";
    private readonly FieldExpression _id;
    private readonly FieldExpression _type;
    private readonly FieldExpression _subject;
    private readonly FieldExpression _version;
    private readonly FieldReader _reader;
    private readonly bool _split;

    public EventMapper(EventPlan plan, WebhookSourceDefinition definition)
    {
        _id = Expression(definition.IdPath, plan.Id);
        _type = Expression(definition.TypePath, plan.Type);
        _subject = Expression(definition.SubjectPath, plan.Subject);
        _version = Expression(definition.VersionPath, plan.Version);
        _split = plan.Split;
        _reader = new FieldReader([.. _id.References, .. _type.References, .. _subject.References, .. _version.References]);
    }

    /// <summary>The events of the request, in its order.</summary>
    public IReadOnlyList<IncomingEvent> Map(string integration, in WebhookRequest request, string verdict, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var shared = new IncomingEvent
        {
            Integration = integration,
            Type = UnknownType,
            MessageId = "",
            ContentType = HeaderText.Single(request.Headers, "content-type") is { Length: <= FieldText.MaxLength } contentType ? contentType : null,
            Headers = headers,
            Body = request.Body,
            TraceParent = TraceParent.Read(request.Headers),
            Verdict = verdict,
        };
        if (!_split || JsonItems.TryFind(request.Body.Span) is not { } items)
        {
            return [Map(shared, request)];
        }

        var events = new IncomingEvent[items.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = Map(shared with { Body = request.Body[items[i]] }, request);
        }

        return events;
    }

    private IncomingEvent Map(IncomingEvent item, in WebhookRequest request)
    {
        var fields = _reader.Read(request, item.Body.Span);
        return item with
        {
            MessageId = fields.Join(_id, ':', whole: true) is { } id ? FieldText.Id(id) : FieldText.HashOf(item.Body.Span),
            Type = fields.Join(_type, '.', whole: false) is { } type ? FieldText.Type(type) : UnknownType,
            Subject = fields.Join(_subject, ':', whole: true) is { } subject ? FieldText.Id(subject) : null,
            Version = fields.Join(_version, ':', whole: true) is { } version ? Version(version) : null,
        };
    }

    private static long? Version(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : null;
    }

    private static FieldExpression Expression(string? configured, FieldExpression scheme) =>
        configured is null ? scheme : FieldExpression.TryParse(configured) ?? scheme;
}
