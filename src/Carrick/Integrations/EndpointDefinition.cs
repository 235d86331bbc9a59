namespace Carrick.Integrations;

/// <summary>An HTTP destination.</summary>
public sealed record EndpointDefinition : ConsumerDefinition
{
    /// <summary>Where to POST: an absolute http or https URL without user info and fragment, of at most 8,192 characters.</summary>
    public required Uri Url { get; init; }

    /// <summary>Standard Webhooks secrets (<c>whsec_</c> + base64); each signs every attempt, so that the receiver can rotate.</summary>
    /// <value>At most 10; default: none, deliveries are unsigned.</value>
    public IReadOnlyList<string> SigningSecrets { get; init; } = [];

    /// <summary>The most attempts that may start per period, or <see langword="null"/>.</summary>
    public RateLimit? Rate { get; init; }

    /// <summary>Added to every request; names and values are checked at configuration time.</summary>
    /// <value>At most 100, with 16,384 characters together; default: none.</value>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Answers that may pass at this endpoint, though they are permanent elsewhere: such an attempt is tried again like any transient failure.</summary>
    /// <value>Of 400 to 499, but not 410 and not 429; default: none.</value>
    public IReadOnlyList<int> TransientStatuses { get; init; } = [];

    /// <summary>The name only: the generated text would show secrets.</summary>
    protected override bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append("Name = ").Append(Name);
        return true;
    }
}

/// <summary>A token bucket.</summary>
/// <param name="Permits">Attempts per <paramref name="Period"/>, 1 to 1,000,000; also the size of the bucket.</param>
/// <param name="Period">Over 0, at most 1 day.</param>
public sealed record RateLimit(int Permits, TimeSpan Period);
