using Carrick.Delivery;
using Carrick.Diagnostics;
using Carrick.Integrations;
using Carrick.Retry;

namespace Carrick.Hosting;

/// <summary>Checks definitions before they come into force; every error at once.</summary>
internal static class IntegrationValidator
{
    private const int MostPatterns = 1_000;

    public static IReadOnlyList<string> Validate(IReadOnlyList<IntegrationDefinition> integrations)
    {
        List<string> errors = [];
        foreach (var twice in integrations.GroupBy(integration => integration.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            errors.Add($"Integration '{twice.Key}' is defined twice.");
        }

        var consumers = integrations.SelectMany(integration => integration.Consumers).ToList();
        foreach (var twice in consumers.GroupBy(consumer => consumer.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            errors.Add($"Consumer '{twice.Key}' is defined twice.");
        }

        foreach (var integration in integrations)
        {
            if (!IntegrationBuilder.IsName(integration.Name))
            {
                errors.Add($"{NameText.Quoted(integration.Name, "What was given")} is not an integration name: use 1 to 64 of a-z, 0-9 and '-'.");
            }

            foreach (var consumer in integration.Consumers)
            {
                errors.AddRange(ValidateConsumer(integration, consumer).Select(error => $"Consumer '{consumer.Name}': {error}"));
            }
        }

        return errors;
    }

    private static IEnumerable<string> ValidateConsumer(IntegrationDefinition integration, ConsumerDefinition consumer)
    {
        if (consumer.Integration != integration.Name)
        {
            yield return $"belongs to integration '{consumer.Integration}', not '{integration.Name}'.";
        }

        if (consumer.Name.Length is 0 or > 200 || consumer.Name.Any(char.IsControl))
        {
            yield return "the name must have 1 to 200 characters without control characters.";
        }

        if (consumer.Types.Patterns.Count is 0 or > MostPatterns || consumer.Types.Patterns.Any(pattern => pattern.Length > EventFields.LongestText))
        {
            yield return "Types must have 1 to 1,000 patterns of at most 255 characters.";
        }

        if (IdleSettings.MissingForOrder(consumer, integration.Source).Count > 0)
        {
            yield return "Order has no effect, because events from the source have no subject: say where it stands, or remove the order.";
        }

        if (IdleSettings.MissingForSkipLate(consumer, integration.Source) is { Count: > 0 } missing)
        {
            yield return $"SkipLate has no effect, because events from the source have no {string.Join(" and no ", missing)}: say where to find it, or remove SkipLate.";
        }

        if (consumer is EndpointDefinition endpoint)
        {
            foreach (var error in EndpointValidator.Validate(endpoint))
            {
                yield return error;
            }

            yield break;
        }

        if (consumer.Concurrency is < 1 or > 1_000)
        {
            yield return "Concurrency must be 1 to 1,000.";
        }

        if (consumer.Timeout <= TimeSpan.Zero || consumer.Timeout > TimeSpan.FromHours(1))
        {
            yield return "Timeout must be over 0 and at most 1 hour.";
        }

        foreach (var error in RetryPolicyValidator.Validate(consumer.Retry))
        {
            yield return $"Retry.{error}";
        }
    }
}
