using Carrick;
using Carrick.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Limits what clients can hold open at Kestrel.</summary>
public static class CarrickWebHostBuilderExtensions
{
    /// <summary>
    /// Applies <see cref="TransportOptions"/> to every endpoint of Kestrel: connections in all and per address, a short time to the first request, and room for
    /// new ones by closing idle ones. The server does so by itself; an application with a Kestrel of its own that faces strangers should.
    /// </summary>
    /// <remarks>Kestrel has one set of endpoint defaults: a <c>ConfigureEndpointDefaults</c> that runs later replaces this one.</remarks>
    /// <param name="builder">The application's web host.</param>
    /// <param name="configure">Changes the limits.</param>
    /// <exception cref="OptionsValidationException">At the start, if a limit is out of range; the message has every error.</exception>
    public static IWebHostBuilder UseCarrickTransportLimits(this IWebHostBuilder builder, Action<TransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services =>
        {
            services.AddMetrics();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<TransportReport>();
            services.TryAddSingleton<ConnectionTable>();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, TransportFilter>());
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TransportOptions>, TransportOptionsValidator>());
            services.AddOptions<TransportOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
            services.AddOptions<KestrelServerOptions>().Configure<ConnectionTable, IOptions<TransportOptions>>(Apply);
        });
    }

    private static void Apply(KestrelServerOptions kestrel, ConnectionTable table, IOptions<TransportOptions> options)
    {
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(next => connection => table.RunAsync(connection, next)));
        kestrel.Limits.KeepAliveTimeout = options.Value.KeepAliveTimeout;
        kestrel.Limits.MaxConcurrentConnections = options.Value.MaxConnections;
    }
}
