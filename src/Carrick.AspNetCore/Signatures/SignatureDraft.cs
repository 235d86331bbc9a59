using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Carrick.Signatures;

/// <summary>A request in the making: first its fields, then its signature over them.</summary>
internal sealed class SignatureDraft(SchemePlan scheme, AlternativePlan plan, WebhookMessage message)
{
    private const string Placeholder = "?";
    private readonly IHeaderDictionary _headers = new HeaderDictionary();
    private string? _url = message.Url?.OriginalString;
    private string? _time;

    /// <summary>Sets every header and query field that the content, the conditions and the event's fields name.</summary>
    public void Prepare()
    {
        _headers.ContentType = message.ContentType;
        var id = message.Id ?? "msg_" + Convert.ToHexStringLower(SHA256.HashData(message.Body.Span))[..26];
        foreach (var field in First(scheme.Event.Id))
        {
            _headers[field] = id;
        }

        foreach (var field in message.Type is null ? [] : First(scheme.Event.Type))
        {
            _headers[field] = scheme.Event.Type.Alternatives[0].Length > 1 ? message.Type!.Split('.')[0] : message.Type!;
        }

        foreach (var predicate in plan.Applies.Where(predicate => predicate is { Source: PredicateSource.Header, Negated: false, Value: not null }))
        {
            _headers[predicate.Name] = predicate.Value;
        }

        foreach (var segment in plan.Content.Segments.Where(segment => segment.Kind == SegmentKind.Header && !_headers.ContainsKey(segment.Name)))
        {
            _headers[segment.Name] = id;
        }

        if (plan.Timestamp is { } timestamp)
        {
            _time = TimestampCheck.Format(message.Time, timestamp.Format);
            if (timestamp.Header is { } header)
            {
                _headers[header] = _time;
            }
        }

        if (plan.BodyHash is { } bodyHash && _url is not null)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(message.Body.Span));
            _url += $"{(_url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{bodyHash.QueryField}={hash}";
        }
    }

    /// <summary>Writes what is signed.</summary>
    public void Write<TSink>(ReadOnlySpan<byte> secret, ref TSink sink)
        where TSink : IContentSink
    {
        if (plan.SignsUrl && _url is null)
        {
            throw new ArgumentException($"Scheme '{scheme.Name}' signs the URL, and the message has none.");
        }

        _headers[plan.Signature.Header] = Format(Placeholder);
        SignatureList.TryRead(_headers, plan.Signature, out var list);
        var request = new WebhookRequest("POST", "", _headers, message.Body);
        using var form = plan.ReadsForm
            ? FormFields.TryRead(message.Body.Span) ?? throw new ArgumentException($"The form has more than {FormFields.MaxFields} fields.")
            : null;
        if (!new SignedContent(plan.Content, request, list, form, _url ?? "").TryWrite(secret, ref sink))
        {
            throw new ArgumentException($"Scheme '{scheme.Name}' signs a field that the message does not have, or an id with a full stop.");
        }
    }

    public string Encode(byte[] signature) => plan.Signature.Encoding switch
    {
        TextEncoding.Base64 => Convert.ToBase64String(signature),
        TextEncoding.Base64Url => Base64Url.EncodeToString(signature),
        _ => Convert.ToHexStringLower(signature),
    };

    public SignedWebhook Finish(string signature)
    {
        _headers[plan.Signature.Header] = Format(signature);
        return new SignedWebhook(_url is null ? null : new Uri(_url), [.. _headers.Select(header => new KeyValuePair<string, string>(header.Key.ToLowerInvariant(), header.Value.ToString()))]);
    }

    private string Format(string signature)
    {
        var form = plan.Signature;
        return form.Grammar switch
        {
            SignatureGrammar.Prefix => form.Prefix + signature,
            SignatureGrammar.List when plan.Timestamp?.Item is { } item => $"{item}{form.Assign}{_time}{form.Separator}{form.Item}{form.Assign}{signature}",
            SignatureGrammar.List => $"{form.Item}{form.Assign}{signature}",
            _ => signature,
        };
    }

    /// <summary>The header that an expression reads first, if it reads one.</summary>
    private static IEnumerable<string> First(FieldExpression expression) =>
        expression.References.Where(field => field.Source == FieldSource.Header).Select(field => field.Name).Take(1);
}
