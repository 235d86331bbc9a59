using Carrick.Integrations;
using Carrick.Retry;

namespace Carrick.Delivery;

/// <summary>Checks an endpoint's definition, the members of every consumer included. Pure.</summary>
internal static class EndpointValidator
{
    private const int LongestUrl = 8_192;
    private const int MostSecrets = 10;
    private const int MostHeaders = 100;
    private const int LongestHeaders = 16_384;
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(1);

    /// <summary>Every error, each starting with the member's name and without a secret; empty if there is none.</summary>
    public static IReadOnlyList<string> Validate(EndpointDefinition endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var errors = new List<string>();
        if (!endpoint.Url.IsAbsoluteUri || (endpoint.Url.Scheme != Uri.UriSchemeHttp && endpoint.Url.Scheme != Uri.UriSchemeHttps))
        {
            errors.Add($"{nameof(endpoint.Url)}: not an absolute http or https URL.");
        }
        else if (endpoint.Url.UserInfo.Length > 0 || endpoint.Url.Fragment.Length > 0)
        {
            errors.Add($"{nameof(endpoint.Url)}: user info and fragment are not allowed; put credentials into {nameof(endpoint.Headers)}.");
        }

        if (endpoint.Url.OriginalString.Length > LongestUrl)
        {
            errors.Add($"{nameof(endpoint.Url)}: {endpoint.Url.OriginalString.Length} characters are over {LongestUrl}.");
        }

        if (endpoint.SigningSecrets.Count > MostSecrets)
        {
            errors.Add($"{nameof(endpoint.SigningSecrets)}: {endpoint.SigningSecrets.Count} are over {MostSecrets}.");
        }

        if (endpoint.Headers.Count > MostHeaders || endpoint.Headers.Sum(static header => (long)(header.Key?.Length ?? 0) + (header.Value?.Length ?? 0)) > LongestHeaders)
        {
            errors.Add($"{nameof(endpoint.Headers)}: over {MostHeaders}, or over {LongestHeaders} characters together.");
        }

        for (var i = 0; i < endpoint.SigningSecrets.Count; i++)
        {
            if (!StandardWebhooksSigner.TryDecode(endpoint.SigningSecrets[i], out _))
            {
                errors.Add($"{nameof(endpoint.SigningSecrets)}[{i}]: not 'whsec_' and the base64 of 24 to 64 bytes.");
            }
        }

        for (var i = 0; i < endpoint.Headers.Count; i++)
        {
            if (EndpointHeaders.Check(endpoint.Headers[i].Key, endpoint.Headers[i].Value) is { } wrong)
            {
                errors.Add($"{nameof(endpoint.Headers)}[{i}]: {wrong}.");
            }
        }

        for (var i = 0; i < endpoint.TransientStatuses.Count; i++)
        {
            if (!ResponseClassifier.CanBeTransient(endpoint.TransientStatuses[i]))
            {
                errors.Add($"{nameof(endpoint.TransientStatuses)}[{i}]: {endpoint.TransientStatuses[i]} is not 400 to 499, or is 410 or 429, whose meaning is fixed.");
            }
        }

        if (endpoint.Rate is { } rate && (rate.Permits is < 1 or > 1_000_000 || rate.Period <= TimeSpan.Zero || rate.Period > LongestPeriod))
        {
            errors.Add($"{nameof(endpoint.Rate)}: permits are 1 to 1,000,000 and the period is over 0 and at most 1 day.");
        }

        if (endpoint.Concurrency is < 1 or > 1_000)
        {
            errors.Add($"{nameof(endpoint.Concurrency)}: {endpoint.Concurrency} is not 1 to 1,000.");
        }

        // Over a day is over what a timer of the sender should ever hold; the contract names no upper bound.
        if (endpoint.Timeout <= TimeSpan.Zero || endpoint.Timeout > LongestTimeout)
        {
            errors.Add($"{nameof(endpoint.Timeout)}: {endpoint.Timeout:c} is not over 0 and at most 1 day.");
        }

        errors.AddRange(RetryPolicyValidator.Validate(endpoint.Retry).Select(static error => $"{nameof(endpoint.Retry)}.{error}"));
        return errors;
    }
}
