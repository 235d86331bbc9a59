using System.Collections.Immutable;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>A source ready for requests: keys decoded, fields compiled. Immutable and thread-safe.</summary>
internal sealed class WebhookSource
{
    private WebhookSource(WebhookSourceDefinition definition, ImmutableArray<KeyedAlternative> alternatives)
    {
        Definition = definition;
        Scheme = definition.Scheme.Plan;
        Verifier = new SignatureVerifier(Scheme.Name, alternatives, definition.PublicUrl?.OriginalString, definition.Tolerance);
        Events = new EventMapper(definition);
        Handshakes = new Handshaker(Scheme.Handshakes, definition.VerifyToken);
        Headers = new KeptHeaders(Scheme);
    }

    public WebhookSourceDefinition Definition { get; }

    public SchemePlan Scheme { get; }

    public SignatureVerifier Verifier { get; }

    public EventMapper Events { get; }

    public Handshaker Handshakes { get; }

    public KeptHeaders Headers { get; }

    /// <summary>Makes the source of a definition whose secrets are resolved.</summary>
    public static WebhookSource? TryCreate(WebhookSourceDefinition definition, out IReadOnlyList<string> errors)
    {
        errors = definition.Validate();
        return errors.Count > 0
            ? null
            : new WebhookSource(definition, SchemeKeys.Make(definition.Scheme.Plan, definition.Accept, definition.Secrets, []));
    }
}
