using Carrick.Delivery;

namespace Carrick.Server.Config;

/// <summary>The rules of <c>signing</c>: Standard Webhooks secrets. They are never shown.</summary>
internal static class SigningRules
{
    public static IReadOnlyList<string> Read(ConfigSection endpoint, ConfigContext context)
    {
        if (endpoint.Section("signing", ConfigKeys.Signing) is not { } signing)
        {
            return [];
        }

        ConfigValue[] secrets = [.. signing.Texts("secret"), .. signing.Texts("secrets")];
        if (signing.Find("secret") is null && signing.Find("secrets") is null)
        {
            endpoint.Error("signing", "There is no secret.", "Add 'secret:'.");
        }
        else if (signing.Find("secret") is not null && signing.Find("secrets") is not null)
        {
            signing.Error("secrets", "Both 'secret' and 'secrets' are set.", "Use 'secrets' with all of them.");
        }

        foreach (var (node, text) in secrets)
        {
            if (!StandardWebhooksSigner.TryDecode(text, out _))
            {
                context.Error(node, "The signing secret is not valid.", "Use 'whsec_' and the base64 of 24 to 64 random bytes, from a variable.");
            }
        }

        return [.. secrets.Select(secret => secret.Text)];
    }
}
