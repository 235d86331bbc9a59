namespace Carrick;

/// <summary>Limits of the connections that clients open, so that nobody can keep others out. Immutable after start; validated at start.</summary>
/// <remarks>The server applies them by itself; an application of its own by <c>builder.WebHost.UseCarrickTransportLimits()</c>.</remarks>
public sealed class TransportOptions
{
    /// <summary>
    /// Connections open at once. When nineteen twentieths are taken, idle ones are closed for new ones, first those of the address that has most; if none is idle,
    /// the new one is refused.
    /// </summary>
    /// <value>16 to 1,000,000; default 10,000.</value>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>How much of <see cref="MaxConnections"/> one remote address may have, in percent; IPv6 counts by /64.</summary>
    /// <value>1 to 100; default 90, which leaves a reserve and lets a reverse proxy, through which all requests come from one address, have the rest.</value>
    public int MaxPercentPerAddress { get; set; } = 90;

    /// <summary>How long a new connection may take until its first request's headers are complete, TLS included; then it is closed.</summary>
    /// <value>1 second to 1 minute; default 10 s: of the server, 5 s for the TLS handshake and 5 s for the headers.</value>
    public TimeSpan FirstRequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection that has served a request may stay without the next one.</summary>
    /// <value>5 seconds to 1 hour; default 130 s, which is longer than usual senders and proxies keep theirs.</value>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    internal IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (MaxConnections is < 16 or > 1_000_000)
        {
            errors.Add("MaxConnections: must be 16 to 1,000,000");
        }

        if (MaxPercentPerAddress is < 1 or > 100)
        {
            errors.Add("MaxPercentPerAddress: must be 1 to 100");
        }

        if (FirstRequestTimeout < TimeSpan.FromSeconds(1) || FirstRequestTimeout > TimeSpan.FromMinutes(1))
        {
            errors.Add("FirstRequestTimeout: must be 1 second to 1 minute");
        }

        if (KeepAliveTimeout < TimeSpan.FromSeconds(5) || KeepAliveTimeout > TimeSpan.FromHours(1))
        {
            errors.Add("KeepAliveTimeout: must be 5 seconds to 1 hour");
        }

        return errors;
    }
}
