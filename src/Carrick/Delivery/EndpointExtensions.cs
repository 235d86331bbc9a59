using Carrick.Integrations;

namespace Carrick.Hosting;

/// <summary>Adds HTTP endpoints to an integration.</summary>
public static class EndpointExtensions
{
    /// <summary>Delivers events to an HTTP endpoint: the exact bytes, signed if <paramref name="configure"/> sets secrets.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="name">The name; the consumer is <c>integration/name</c>.</param>
    /// <param name="url">An absolute http or https URL.</param>
    /// <param name="configure">Changes types, retries, order, rate, time-out, signing.</param>
    public static IntegrationBuilder DeliverTo(
        this IntegrationBuilder integration, string name, Uri url, Func<EndpointDefinition, EndpointDefinition>? configure = null)
    {
        var definition = new EndpointDefinition { Name = $"{integration.Name}/{name}", Integration = integration.Name, Url = url };
        return integration.AddConsumer(configure?.Invoke(definition) ?? definition);
    }
}
