namespace Carrick.Receiving;

/// <summary>Limits of receiving over all integrations. Immutable after start; validated at start.</summary>
public sealed class WebhookReceivingOptions
{
    /// <summary>Bytes of request bodies held in memory at once; beyond it receiving answers 503.</summary>
    /// <value>1 MiB to 64 GiB; default 256 MiB.</value>
    public long MaxBytesInFlight { get; set; } = 256L * 1024 * 1024;

    /// <summary>The slowest body, in bytes per second; a slower one is answered 408 and its connection, or over HTTP/2 its stream, is ended.</summary>
    /// <value>1 to 1,048,576; default 1,024.</value>
    public int MinBytesPerSecond { get; set; } = 1_024;

    /// <summary>How long a body may be slower than <see cref="MinBytesPerSecond"/> at its start, and how long it may pause.</summary>
    /// <value>More than 1 second, up to 1 minute; default 5 s.</value>
    public TimeSpan MinRateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How much of <see cref="MaxBytesInFlight"/> one integration can reach, in percent. The more integrations hold memory, the less each can reach. Bodies that
    /// come in pieces have nine tenths of the memory, bodies that come at once all of it, and each kind is counted by itself.
    /// </summary>
    /// <value>10 to 95; default 90.</value>
    public int MaxPercentPerIntegration { get; set; } = 90;

    /// <summary>
    /// How much of the nine tenths of <see cref="MaxBytesInFlight"/> that bodies in pieces have one remote address can reach, in percent; IPv6 counts by /64. The
    /// more addresses hold memory, the less each can reach. It must be less than <see cref="MaxPercentPerIntegration"/>, so that no address can use up an integration's share.
    /// </summary>
    /// <value>5 to 90; default 80, with which everything can come through one reverse proxy.</value>
    public int MaxPercentPerAddress { get; set; } = 80;

    internal IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (MaxBytesInFlight is < 1024 * 1024 or > 64L * 1024 * 1024 * 1024)
        {
            errors.Add("MaxBytesInFlight: must be 1 MiB to 64 GiB");
        }

        if (MinBytesPerSecond is < 1 or > 1_048_576)
        {
            errors.Add("MinBytesPerSecond: must be 1 to 1,048,576");
        }

        if (MinRateGrace <= TimeSpan.FromSeconds(1) || MinRateGrace > TimeSpan.FromMinutes(1))
        {
            errors.Add("MinRateGrace: must be more than 1 second, up to 1 minute");
        }

        if (MaxPercentPerIntegration is < 10 or > 95)
        {
            errors.Add("MaxPercentPerIntegration: must be 10 to 95");
        }

        if (MaxPercentPerAddress is < 5 or > 90)
        {
            errors.Add("MaxPercentPerAddress: must be 5 to 90");
        }
        else if (MaxPercentPerAddress >= MaxPercentPerIntegration)
        {
            errors.Add("MaxPercentPerAddress: must be less than MaxPercentPerIntegration");
        }

        return errors;
    }
}
