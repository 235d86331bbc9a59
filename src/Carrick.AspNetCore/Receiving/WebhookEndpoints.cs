using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Receiving;

/// <summary>Maps receiving.</summary>
internal static class WebhookEndpoints
{
    /// <summary>Maps <c>/webhooks/{integration}</c> for every method, so that unknown integrations look alike under all of them.</summary>
    public static IEndpointConventionBuilder MapWebhooks(this IEndpointRouteBuilder endpoints)
    {
        var receiver = endpoints.ServiceProvider.GetRequiredService<WebhookReceiver>();
        return endpoints.Map("/webhooks/{integration}", receiver.HandleAsync).WithDisplayName("Webhooks");
    }
}
