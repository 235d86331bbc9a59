namespace Carrick.Server.Cli;

/// <summary>What an operator should know of a scheme that its data does not say.</summary>
/// <param name="Secrets">What to put into <c>secrets</c>.</param>
/// <param name="Headers">The headers that carry the signature.</param>
/// <param name="Tolerance">How far the signed time may be off.</param>
/// <param name="Retries">What the sender does when it gets no 2xx.</param>
internal sealed record SchemeGuide(string Secrets, string Headers, string Tolerance, string Retries)
{
    private const string FiveMinutes = "5m both ways";
    private const string NoTime = "none: the time is not signed, duplicates are found by message id";

    private static readonly SchemeGuide Unknown = new("the secret that both sides share", "see the scheme's documentation", "see the scheme's documentation", "unknown");

    private static readonly Dictionary<string, SchemeGuide> Guides = new(StringComparer.Ordinal)
    {
        ["standard-webhooks"] = new("whsec_ and base64 of 24 to 64 bytes (v1), or whpk_ and base64 of a public key (v1a)", "webhook-id, webhook-timestamp, webhook-signature", FiveMinutes, "recommended: 10 attempts over 3 days"),
        ["stripe"] = new("the endpoint's signing secret, whsec_ included", "stripe-signature", FiveMinutes, "live mode: up to 3 days"),
        ["github"] = new("the webhook's secret as you typed it", "x-hub-signature-256", NoTime, "none by itself: redeliver by hand or by API"),
        ["slack"] = new("the app's signing secret", "x-slack-signature, x-slack-request-timestamp", FiveMinutes, "3 retries: at once, 1 min, 5 min; answers within 3 s"),
        ["shopify"] = new("the app's client secret", "x-shopify-hmac-sha256", NoTime, "8 retries over 4 h, then the subscription may be removed"),
        ["hubspot"] = new("the app's client secret", "x-hubspot-signature-v3, x-hubspot-request-timestamp", FiveMinutes, "10 retries over 24 h, but none after 400, 401, 403, 404 or 405"),
        ["twilio"] = new("the account's auth token", "x-twilio-signature", NoTime, "one attempt, then the fallback URL"),
        ["gitlab"] = new("the signing token, whsec_ included; for secret-token the text you typed", "webhook-signature or x-gitlab-token", FiveMinutes, "the webhook is disabled after failures"),
        ["zoom"] = new("the app's webhook secret token", "x-zm-signature, x-zm-request-timestamp", FiveMinutes, "about 3 retries; answers within 3 s"),
        ["meta"] = new("the app secret; set verifyToken too", "x-hub-signature-256", NoTime, "36 h, for WhatsApp 7 days"),
        ["hmac"] = new("the text that both sides share", "x-signature, or as the scheme's mapping says", NoTime + ", unless the mapping names a timestamp", "the sender's choice"),
        ["token"] = new("the token that the sender shows", "authorization: Bearer, or x-webhook-token", NoTime, "the sender's choice"),
        ["basic"] = new("user:password", "authorization: Basic", NoTime, "the sender's choice"),
    };

    public static SchemeGuide Of(string scheme) => Guides.GetValueOrDefault(scheme, Unknown);

    /// <summary>Whether the scheme is described; every built-in one is.</summary>
    public static bool Has(string scheme) => Guides.ContainsKey(scheme);
}
