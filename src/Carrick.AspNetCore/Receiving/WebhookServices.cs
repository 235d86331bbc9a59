using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Carrick.Receiving;

/// <summary>Registers what receiving needs.</summary>
internal static class WebhookServices
{
    public static IServiceCollection AddWebhookReceiving(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddOptions<WebhookReceivingOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<WebhookSources>();
        services.TryAddSingleton<WebhookMetrics>();
        services.TryAddSingleton<ISecuritySignals, CoalescedSecuritySignals>();
        services.TryAddSingleton<BodyIntake>();
        services.TryAddSingleton<WebhookReceiver>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WebhookStartupCheck>());
        return services;
    }

    public static IServiceCollection AddWebhookSource(this IServiceCollection services, string integration, WebhookSourceDefinition source) =>
        services.AddSingleton(new WebhookRegistration(integration, source));
}

/// <summary>A source composed in code, kept for the check at start.</summary>
internal sealed record WebhookRegistration(string Integration, WebhookSourceDefinition Source);
