using Carrick.Authentication;
using Carrick.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace Carrick.Observability;

/// <summary><c>/metrics</c> for Prometheus.</summary>
internal static class MetricsRoutes
{
    public static void AddMetricsExporter(this IServiceCollection services) =>
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(MeterNames.Carrick, "Microsoft.AspNetCore.Hosting", "System.Net.Http", "System.Runtime")
            .AddPrometheusExporter());

    public static void MapMetrics(this IEndpointRouteBuilder endpoints)
    {
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<CarrickWebOptions>>().Value;
        var route = endpoints.MapPrometheusScrapingEndpoint("/metrics");
        if (options.AnonymousMetrics)
        {
            route.AllowAnonymous();
            return;
        }

        route.RequireApiScope(ApiScope.Read);
    }
}
