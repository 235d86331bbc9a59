using System.Diagnostics.Metrics;
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
    /// <summary>Series of one metric that are told apart; beyond it the exporter adds them up under <c>otel_metric_overflow</c>. Its own limit is 2,000.</summary>
    public const int MostSeries = 10_000;

    public static void AddMetricsExporter(this IServiceCollection services) =>
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(MeterNames.Carrick, "Microsoft.AspNetCore.Hosting", "System.Net.Http", "System.Runtime")
            .AddView(LimitOf)
            .AddPrometheusExporter());

    // Those of the store have no labels.
    private static MetricStreamConfiguration? LimitOf(Instrument instrument) =>
        instrument.Meter.Name == MeterNames.Carrick && !instrument.Name.StartsWith("carrick.store.", StringComparison.Ordinal)
            ? new MetricStreamConfiguration { CardinalityLimit = MostSeries }
            : null;

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
