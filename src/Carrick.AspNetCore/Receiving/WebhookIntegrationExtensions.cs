using Carrick.Diagnostics;
using Carrick.Hosting;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Adds webhooks to an integration.</summary>
public static class WebhookIntegrationExtensions
{
    /// <summary>Receives webhooks at <c>/webhooks/{integration}</c>, with the secrets of the configuration.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="scheme">The provider's scheme.</param>
    /// <param name="secretsConfigurationKey">The name of a configuration key, such as <c>Billing:WebhookSecrets</c>, whose value is a string or an array of strings; not a secret itself. A key without a value stops the start.</param>
    /// <exception cref="ArgumentException">The text cannot name a configuration key, or looks like a secret. The message does not show it.</exception>
    public static IntegrationBuilder ReceiveWebhooks(this IntegrationBuilder integration, WebhookScheme scheme, string secretsConfigurationKey)
    {
        ArgumentNullException.ThrowIfNull(secretsConfigurationKey);
        return NameText.IsConfigurationKey(secretsConfigurationKey)
            ? integration.ReceiveWebhooks(new WebhookSourceDefinition { Scheme = scheme, SecretsConfigurationKey = secretsConfigurationKey })
            : throw new ArgumentException(WebhookSourceDefinition.NoConfigurationKey, nameof(secretsConfigurationKey));
    }

    /// <summary>Receives webhooks at <c>/webhooks/{integration}</c>, with these secrets.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="scheme">The provider's scheme.</param>
    /// <param name="secrets">The secrets themselves, read from where you keep them; several during a rotation.</param>
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
