using System.Diagnostics.Metrics;
using Carrick.Delivery;
using Carrick.Retry;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Tests.Delivery;

public sealed class DeliveryMetricsTests
{
    [Fact]
    public void RecordAttempt_EachCategory_CountsWithItsTags()
    {
        using var provider = new ServiceCollection().AddMetrics().AddLogging().AddDelivery().BuildServiceProvider();
        var factory = provider.GetRequiredService<IMeterFactory>();
        var seen = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add($"{instrument.Name} {value} {Text(tags)}"));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add($"{instrument.Name} {value} {instrument.Unit} {Text(tags)}"));
        listener.Start();
        var metrics = provider.GetRequiredService<DeliveryMetrics>();

        metrics.RecordAttempt("billing", AttemptResult.Success(204), TimeSpan.FromSeconds(0.5));
        metrics.RecordAttempt("billing", AttemptResult.Failure(FailureCategory.Throttled, "x", 429) with { ErrorType = "429" }, TimeSpan.FromSeconds(1));
        metrics.RecordLocalThrottle("billing");

        Assert.Equal(
            [
                "carrick.outbound.attempts 1 http.response.status_code=204,integration=billing,outcome=succeeded",
                "carrick.outbound.duration 0.5 s http.response.status_code=204,integration=billing,outcome=succeeded",
                "carrick.outbound.attempts 1 error.type=429,http.response.status_code=429,integration=billing,outcome=throttled",
                "carrick.outbound.duration 1 s error.type=429,http.response.status_code=429,integration=billing,outcome=throttled",
                "carrick.outbound.throttled 1 integration=billing,source=server_429",
                "carrick.outbound.throttled 1 integration=billing,source=local_bucket",
            ],
            seen);
    }

    [Fact]
    public void AddDelivery_Twice_GivesOneSender()
    {
        using var provider = new ServiceCollection().AddMetrics().AddLogging().AddDelivery().AddDelivery().BuildServiceProvider();
        Assert.Single(provider.GetServices<IEndpointSender>());
        Assert.IsType<RandomSource>(provider.GetRequiredService<IRandomSource>());
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
}
