namespace Carrick.Server.Config;

/// <summary>Every key of the file, by the mapping it stands in. The published schema has the same ones.</summary>
internal static class ConfigKeys
{
    public static readonly string[] Root = ["integrations", "retention", "limits"];

    public static readonly string[] Integration = ["receive", "deliver"];

    public static readonly string[] Receive =
    [
        "scheme", "secrets", "accept", "publicUrl", "tolerance", "verifyToken", "maxBody", "subject", "version", "type", "id", "sameBody",
    ];

    public static readonly string[] Deliver =
    [
        "name", "url", "types", "timeout", "retry", "order", "onOrderedFailure", "skipLate", "concurrency", "rate", "headers", "signing",
    ];

    public static readonly string[] Retry = ["attempts", "base", "factor", "cap", "jitter", "statuses"];

    public static readonly string[] Signing = ["secret", "secrets"];

    public static readonly string[] Retention = ["events", "messageIds", "deadLetters"];

    public static readonly string[] Limits = ["writeQueue", "commitBatch", "consumerBuffer", "bodyBuffer", "handlerLinger", "shutdownGrace"];
}
