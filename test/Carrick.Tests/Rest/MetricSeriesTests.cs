using System.Diagnostics.Metrics;
using System.Globalization;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Tests.Rest;

/// <summary>The number of series is bounded by the configuration, whatever strangers and endpoints send.</summary>
public sealed class MetricSeriesTests
{
    [Fact]
    public async Task Metrics_OfAnEndpointThatAnswersEveryStatus_AreFew()
    {
        await using var host = await ApiHost.StartAsync();
        var metrics = new DeliveryMetrics(host.App.Services.GetRequiredService<IMeterFactory>());
        for (var status = 0; status <= 999; status++)
        {
            var category = status is >= 200 and < 300 ? FailureCategory.None : ResponseClassifier.Classify(status, status % 2 == 0, []);
            metrics.RecordAttempt("billing", Answer(category, status), TimeSpan.FromMilliseconds(status));
        }

        var lines = await LinesAsync(host);

        Assert.InRange(lines.Count(line => line.StartsWith("carrick_outbound_attempts_total{", StringComparison.Ordinal)), 30, 100);
        Assert.InRange(lines.Count(line => line.StartsWith("carrick_outbound_duration_seconds_count{", StringComparison.Ordinal)), 30, 100);
        Assert.Contains(lines, line => line.Contains("http_response_status_code=\"404\"", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("error_type=\"4xx_other\"", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("\"418\"", StringComparison.Ordinal) || line.Contains("\"999\"", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("carrick_outbound_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("le=\"60\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_OfHostileErrorTypes_HaveOneSeries()
    {
        await using var host = await ApiHost.StartAsync();
        var metrics = new DeliveryMetrics(host.App.Services.GetRequiredService<IMeterFactory>());
        for (var i = 0; i < 500; i++)
        {
            metrics.RecordAttempt("billing", AttemptResult.Failure(FailureCategory.Transient, "x") with { ErrorType = $"host-{i}.example" }, TimeSpan.Zero);
        }

        var line = Assert.Single(await LinesAsync(host), line => line.StartsWith("carrick_outbound_attempts_total{", StringComparison.Ordinal));
        Assert.Contains("error_type=\"_OTHER\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OfMoreConsumersThanTheSdkHoldsByDefault_AreAllThere()
    {
        const int Many = 3_000;
        await using var host = await ApiHost.StartAsync();
        var meters = host.App.Services.GetRequiredService<IMeterFactory>();
        var (delivery, receiving, dispatch) = (new DeliveryMetrics(meters), new WebhookMetrics(meters), new DispatchMetrics(meters));
        for (var i = 0; i < Many; i++)
        {
            delivery.RecordAttempt($"i{i}", AttemptResult.Success(200), TimeSpan.Zero);
            receiving.Received($"i{i}", "accepted");
            dispatch.Lost(new EndpointDefinition { Name = $"i{i}/c", Integration = $"i{i}", Url = new Uri("http://127.0.0.1:9/") });
        }

        var lines = await LinesAsync(host);

        foreach (var name in new[] { "carrick_outbound_attempts_total{", "carrick_inbound_received_total{", "carrick_processing_lost_total{" })
        {
            Assert.Equal(Many, lines.Count(line => line.StartsWith(name, StringComparison.Ordinal)));
        }

        Assert.DoesNotContain(lines, line => line.Contains("otel_metric_overflow", StringComparison.Ordinal));
    }

    [Fact]
    public void StatusCodes_AsATag_AreAClosedList()
    {
        var values = Enumerable.Range(-10, 2_000).Select(StatusCodeTag.Of).Distinct().ToList();

        Assert.InRange(values.Count, 20, 40);
        Assert.All(values, value => Assert.Contains(value, StatusCodeTag.All));
        Assert.Equal(("200", "2xx_other", "404", "4xx_other", "5xx_other", "other"), (
            StatusCodeTag.Of(200), StatusCodeTag.Of(299), StatusCodeTag.Of(404), StatusCodeTag.Of(418), StatusCodeTag.Of(599), StatusCodeTag.Of(600)));
    }

    [Fact]
    public void Transport_ToEndpoints_MeasuresUnderItsOwnName()
    {
        using var handler = EndpointHttpClient.CreateHandler(new DeliveryOptions());
        using var factory = handler.MeterFactory!;
        Assert.NotEqual("System.Net.Http", factory.Create(new MeterOptions("System.Net.Http")).Name);
    }

    [Fact]
    public async Task Metrics_OfRequestsToUnknownIntegrations_HaveOneSeries()
    {
        await using var host = await ApiHost.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            await host.SendAsync(HttpMethod.Post, $"/webhooks/stranger-{i}");
            await host.SendAsync(new HttpMethod($"STRANGE{i}"), $"/webhooks/stranger-{i}");
            await host.SendAsync(HttpMethod.Get, $"/v1/stranger-{i}");
        }

        var lines = await LinesAsync(host);

        Assert.Single(lines, line => line.StartsWith("carrick_inbound_received_total{", StringComparison.Ordinal) && line.Contains("unknown", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("stranger-", StringComparison.OrdinalIgnoreCase) || line.Contains("STRANGE1", StringComparison.Ordinal));
    }

    private static AttemptResult Answer(FailureCategory category, int status) => category == FailureCategory.None
        ? AttemptResult.Success(status)
        : AttemptResult.Failure(category, "x", status) with { ErrorType = status.ToString(CultureInfo.InvariantCulture) };

    private static async Task<string[]> LinesAsync(ApiHost host) =>
        (await (await host.GetAsync("/metrics", null)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n');
}
