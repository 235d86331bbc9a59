using Carrick.Authentication;
using Carrick.Observability;
using Carrick.OpenApi;
using Carrick.Receiving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick;

/// <summary>The services of the HTTP side.</summary>
internal static class CarrickWebServices
{
    /// <summary>Adds them; a second call does nothing.</summary>
    public static IServiceCollection AddCarrickAspNetCore(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ApiGate)))
        {
            return services;
        }

        services.AddMetrics();
        services.AddWebhookReceiving();
        services.AddOptions<CarrickWebOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new ApiKeys(
            provider, provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ApiKeys>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AdminKeySetting>, AdminKeyValidator>());
        services.AddOptions<AdminKeySetting>()
            .Configure<IConfiguration>((setting, configuration) => setting.Key = configuration[ApiKeys.AdminKeySetting])
            .ValidateOnStart();
        services.AddSingleton<AuthenticationThrottle>();
        services.AddSingleton<ApiGate>();
        services.AddMetricsExporter();
        services.AddOpenApiDocument();
        return services;
    }

    public static void Require(IServiceProvider services)
    {
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(ApiGate)) != true)
        {
            throw new InvalidOperationException("Call builder.AddCarrick(...) before app.MapCarrick().");
        }
    }
}
