using System.Diagnostics.CodeAnalysis;

namespace Carrick.Signatures;

/// <summary>How one provider signs its webhooks and names its events. Schemes are data; one verifier interprets them all. Immutable and thread-safe.</summary>
public sealed record WebhookScheme
{
    internal WebhookScheme(SchemePlan plan) => Plan = plan;

    /// <summary>The name in configuration, such as <c>stripe</c>.</summary>
    public string Name => Plan.Name;

    /// <summary>The provider's name.</summary>
    public string DisplayName => Plan.DisplayName;

    /// <summary>Where the provider describes its signature, or <see langword="null"/>.</summary>
    public string? Docs => Plan.Docs;

    /// <summary>The names of all alternatives, such as <c>v1</c>, <c>v2</c> and <c>v3</c>.</summary>
    public IReadOnlyList<string> Alternatives => Plan.AlternativeNames;

    /// <summary>The alternatives a source accepts unless told otherwise: the strongest only, or several of equal strength.</summary>
    public IReadOnlyList<string> DefaultAccept => Plan.Accept;

    /// <summary>Whether some alternative signs the URL, so that a source must name its public URL.</summary>
    public bool SignsUrl => Plan.Alternatives.Any(alternative => alternative.SignsUrl);

    /// <summary>How much of the body the default alternatives protect: <c>full</c>, <c>partial</c>, <c>weak</c> or <c>none</c>; the lowest of them.</summary>
    public string Integrity => Plan.Alternatives.Where(alternative => Plan.Accept.Contains(alternative.Name)).Max(alternative => alternative.Integrity)
        .ToString().ToLowerInvariant();

    /// <summary>All built-in schemes, by name.</summary>
    public static IReadOnlyCollection<WebhookScheme> All => SchemeCatalog.All;

    /// <summary>Standard Webhooks: <c>v1</c> (HMAC) and <c>v1a</c> (Ed25519).</summary>
    public static WebhookScheme StandardWebhooks => SchemeCatalog.Get("standard-webhooks");

    /// <summary>Stripe.</summary>
    public static WebhookScheme Stripe => SchemeCatalog.Get("stripe");

    /// <summary>GitHub.</summary>
    public static WebhookScheme GitHub => SchemeCatalog.Get("github");

    /// <summary>Slack, with its URL verification.</summary>
    public static WebhookScheme Slack => SchemeCatalog.Get("slack");

    /// <summary>Shopify.</summary>
    public static WebhookScheme Shopify => SchemeCatalog.Get("shopify");

    /// <summary>HubSpot: <c>v3</c>, and <c>v2</c>, <c>v1</c> if accepted.</summary>
    public static WebhookScheme HubSpot => SchemeCatalog.Get("hubspot");

    /// <summary>Twilio: form and JSON bodies.</summary>
    public static WebhookScheme Twilio => SchemeCatalog.Get("twilio");

    /// <summary>GitLab: signing tokens, and <c>secret-token</c> if accepted.</summary>
    public static WebhookScheme GitLab => SchemeCatalog.Get("gitlab");

    /// <summary>Zoom, with its URL validation.</summary>
    public static WebhookScheme Zoom => SchemeCatalog.Get("zoom");

    /// <summary>Meta: Facebook, Instagram and WhatsApp, with their verification request.</summary>
    public static WebhookScheme Meta => SchemeCatalog.Get("meta");

    /// <summary>HMAC-SHA256 of the body in hex in <c>x-signature</c>. For another header, algorithm or content use <see cref="Parse"/>.</summary>
    public static WebhookScheme Hmac => SchemeCatalog.Get("hmac");

    /// <summary>A shared token: <c>Authorization: Bearer</c> or <c>X-Webhook-Token</c>. Protects no byte of the body.</summary>
    public static WebhookScheme Token => SchemeCatalog.Get("token");

    /// <summary>HTTP Basic; the secret is <c>user:password</c>. Protects no byte of the body.</summary>
    public static WebhookScheme Basic => SchemeCatalog.Get("basic");

    /// <summary>Finds a built-in scheme.</summary>
    public static bool TryGet(string? name, [NotNullWhen(true)] out WebhookScheme? scheme) => SchemeCatalog.TryGet(name, out scheme);

    /// <summary>Reads a scheme from JSON with the fields of the built-in ones. Instead of <c>alternatives</c> the fields of a single one may stand at the top.</summary>
    /// <exception cref="FormatException">The JSON is no scheme; the message has every error with its JSON path.</exception>
    public static WebhookScheme Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new WebhookScheme(SchemeReader.Read(json));
    }

    /// <summary>Reads a scheme from a JSON object; <see langword="null"/> if there are <paramref name="errors"/>, each a JSON path, a colon and what is wrong there.</summary>
    internal static WebhookScheme? ParseOrNull(string json, List<string> errors)
    {
        var plan = SchemeReader.Read(json, errors);
        return errors.Count == 0 ? new WebhookScheme(plan) : null;
    }

    /// <summary>Whether it is the same scheme.</summary>
    public bool Equals(WebhookScheme? other) => other is not null && ReferenceEquals(Plan, other.Plan);

    /// <inheritdoc/>
    public override int GetHashCode() => Plan.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal SchemePlan Plan { get; }
}
