using Carrick.Retry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick.Delivery;

/// <summary>Registers the sender, its metrics and chance.</summary>
internal static class DeliveryExtensions
{
    /// <summary>Adds what is missing. Needs logging, and metrics (<c>IMeterFactory</c>), which every host has.</summary>
    public static IServiceCollection AddDelivery(this IServiceCollection services)
    {
        services.AddOptions<DeliveryOptions>()
            .Validate(
                static options => options.ConnectTimeout > TimeSpan.Zero && options.ConnectTimeout <= TimeSpan.FromMinutes(10),
                "Carrick:Delivery:ConnectTimeout must be over 0 and at most 10 minutes.")
            .Validate(
                static options => options.Proxy is null || (options.Proxy.IsAbsoluteUri && options.Proxy.Scheme == Uri.UriSchemeHttp),
                "Carrick:Delivery:Proxy is not an absolute http URL.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRandomSource>(static _ => new RandomSource());
        services.TryAddSingleton<DeliveryMetrics>();
        services.TryAddKeyedSingleton(typeof(EndpointSender), static (provider, _) =>
            EndpointHttpClient.Create(provider.GetRequiredService<IOptions<DeliveryOptions>>().Value));
        services.TryAddSingleton<IEndpointSender>(static provider => new EndpointSender(
            provider.GetRequiredKeyedService<HttpMessageInvoker>(typeof(EndpointSender)),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EndpointSender>>()));
        return services;
    }
}
