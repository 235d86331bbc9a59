namespace Carrick.Receiving;

/// <summary>Limits of receiving over all integrations. Immutable after start; validated at start.</summary>
public sealed class WebhookReceivingOptions
{
    /// <summary>Bytes of request bodies held in memory at once; beyond it receiving answers 503.</summary>
    /// <value>1 MiB to 64 GiB; default 256 MiB.</value>
    public long MaxBytesInFlight { get; set; } = 256L * 1024 * 1024;

    /// <summary>The slowest body over HTTP/1.1, in bytes per second; a slower one is cut off with 408.</summary>
    /// <value>1 to 1,048,576; default 1,024.</value>
    public int MinBytesPerSecond { get; set; } = 1_024;

    /// <summary>How long a body may be slower than <see cref="MinBytesPerSecond"/>.</summary>
    /// <value>More than 1 second, up to 1 minute; default 5 s.</value>
    public TimeSpan MinRateGrace { get; set; } = TimeSpan.FromSeconds(5);

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

        return errors;
    }
}
