namespace Carrick.Delivery;

/// <summary>How deliveries over HTTP leave this process. Immutable after start.</summary>
public sealed class DeliveryOptions
{
    /// <summary>The proxy for all deliveries.</summary>
    /// <value>An absolute http URL; default <see langword="null"/>: none. Proxies named in the environment are not used.</value>
    public Uri? Proxy { get; set; }

    /// <summary>How long the making of a connection may take, TLS included; the time-out of the attempt counts as well.</summary>
    /// <value>Over 0, at most 10 minutes; default 5 s.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
