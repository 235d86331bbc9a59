namespace Carrick;

/// <summary>The prefixes of public ids.</summary>
public static class IdPrefix
{
    /// <summary>An event.</summary>
    public const string Event = "evt";

    /// <summary>A delivery.</summary>
    public const string Delivery = "dlv";

    /// <summary>An attempt.</summary>
    public const string Attempt = "att";

    /// <summary>An endpoint.</summary>
    public const string Endpoint = "ep";

    /// <summary>An API key.</summary>
    public const string ApiKey = "key";

    /// <summary>A replay job.</summary>
    public const string Replay = "rpl";
}
