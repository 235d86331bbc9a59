namespace Carrick.Delivery;

/// <summary>The values of the tag <c>error.type</c> for attempts that have no HTTP status to name. A closed list: it becomes a metric's label.</summary>
internal static class DeliveryErrorType
{
    /// <summary>The attempt took longer than it may, or the connection could not be made in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>The host name has no address.</summary>
    public const string NameResolution = "name_resolution";

    /// <summary>The connection was refused, reset or closed.</summary>
    public const string Connection = "connection";

    /// <summary>TLS could not be agreed on, or the certificate is not trusted.</summary>
    public const string Tls = "tls";

    /// <summary>What came back is not HTTP, or is over a limit.</summary>
    public const string MalformedResponse = "malformed_response";

    /// <summary>The request cannot be made of this event and this endpoint.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>Our own shutdown.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>None of these: OpenTelemetry's word for it.</summary>
    public const string Other = "_OTHER";

    /// <summary>Whether the value is of this list. One that is not is a status, or has no place in a label.</summary>
    public static bool IsKnown(string value) =>
        value is Timeout or NameResolution or Connection or Tls or MalformedResponse or InvalidRequest or Cancelled;
}
