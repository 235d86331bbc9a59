using Carrick.Hosting;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Adds webhooks to an integration.</summary>
public static class WebhookIntegrationExtensions
{
    /// <summary>Receives webhooks at <c>/webhooks/{integration}</c>, with the secrets of the configuration.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="scheme">The provider's scheme.</param>
    /// <param name="secrets">A configuration key, such as <c>Billing:WebhookSecrets</c>, that holds a string or an array of strings. A missing or bad one stops the start.</param>
    public static IntegrationBuilder ReceiveWebhooks(this IntegrationBuilder integration, WebhookScheme scheme, string secrets)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(secrets);
        return integration.ReceiveWebhooks(new WebhookSourceDefinition { Scheme = scheme, SecretsKey = secrets });
    }

    /// <summary>Receives webhooks at <c>/webhooks/{integration}</c>, with these secrets.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="scheme">The provider's scheme.</param>
    /// <param name="secrets">The secrets themselves; several during a rotation.</param>
    public static IntegrationBuilder ReceiveWebhooks(this IntegrationBuilder integration, WebhookScheme scheme, IReadOnlyList<string> secrets) =>
        integration.ReceiveWebhooks(new WebhookSourceDefinition { Scheme = scheme, Secrets = secrets });

    /// <summary>Receives webhooks at <c>/webhooks/{integration}</c>. All errors of all definitions stop the start with one message.</summary>
    public static IntegrationBuilder ReceiveWebhooks(this IntegrationBuilder integration, WebhookSourceDefinition source)
    {
        ArgumentNullException.ThrowIfNull(integration);
        ArgumentNullException.ThrowIfNull(source);
        integration.Services.AddWebhookReceiving();
        integration.Services.AddWebhookSource(integration.Name, source);
        return integration.From(source);
    }
}
