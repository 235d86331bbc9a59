using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Carrick.Tests.Engine;

/// <summary>Every number and period has a least and a most, which are checked before anything runs.</summary>
public sealed class OptionBoundTests
{
    public static TheoryData<string> EngineOptions => [.. typeof(CarrickOptions).GetProperties().Where(property => property.PropertyType != typeof(bool)).Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(EngineOptions))]
    public void EngineOption_AtTheEndsOfItsType_IsRefusedByItsKey(string name)
    {
        var property = typeof(CarrickOptions).GetProperty(name)!;
        foreach (var value in Extremes(property.PropertyType))
        {
            var options = new CarrickOptions();
            property.SetValue(options, value);

            var result = new CarrickOptionsValidator().Validate(null, options);

            Assert.Contains(result.Failures ?? [], failure => failure.Contains($"Carrick:Engine:{name} ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Start_WithRetentionForEver_SaysWhatIsAllowedAndRunsNothing()
    {
        using var folder = new TemporaryFolder();

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success(200)),
            _ => { },
            carrick => carrick.Configure(options => options.EventRetention = TimeSpan.MaxValue)));

        Assert.Contains("Carrick:Engine:EventRetention must be 1 hour to 36,500 days", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Start_WithTheLongestRetentions_SweepsAndStopsCleanly()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing.On("invoice.paid", (_, _) => Task.CompletedTask),
            carrick => carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/handlers.db").Configure(options =>
                options.EventRetention = options.MessageIdRetention = options.DeadLetterRetention = options.LedgerRetention = CarrickOptionsValidator.LongestRetention));

        await host.IngestAsync("m1");

        await host.WhenCountAsync(Storage.DeliveryState.Succeeded, 1);
        Assert.Null(host.Engine.Problem);
        await host.StopAsync();
        Assert.Equal(EngineState.Stopped, host.Engine.State);
    }

    [Fact]
    public void DeliveryOptions_ConnectTimeoutOutOfBounds_IsRefused()
    {
        foreach (var timeout in (TimeSpan[])[TimeSpan.Zero, TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.FromMinutes(11)])
        {
            using var services = new ServiceCollection().AddLogging().AddMetrics().AddDelivery().Configure<DeliveryOptions>(options => options.ConnectTimeout = timeout).BuildServiceProvider();

            var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<DeliveryOptions>>().Value);
            Assert.Contains("ConnectTimeout", refused.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, Func<EndpointDefinition, EndpointDefinition>> Endpoints => new()
    {
        { "Timeout", it => it with { Timeout = TimeSpan.MaxValue } },
        { "Concurrency", it => it with { Concurrency = int.MaxValue } },
        { "Rate", it => it with { Rate = new RateLimit(int.MaxValue, TimeSpan.FromSeconds(1)) } },
        { "Rate", it => it with { Rate = new RateLimit(1, TimeSpan.MaxValue) } },
        { "Rate", it => it with { Rate = new RateLimit(1, TimeSpan.Zero) } },
        { "Retry.Attempts", it => it with { Retry = new RetryPolicy { Attempts = int.MaxValue } } },
        { "Retry.Cap", it => it with { Retry = new RetryPolicy { Cap = TimeSpan.MaxValue } } },
        { "Retry.Cap", it => it with { Retry = new RetryPolicy { Base = TimeSpan.MaxValue } } },
        { "Retry.Factor", it => it with { Retry = new RetryPolicy { Factor = double.PositiveInfinity } } },
        { "Retry.Jitter", it => it with { Retry = new RetryPolicy { Jitter = double.NaN } } },
        { "Url", it => it with { Url = new Uri("http://127.0.0.1/" + new string('a', 9_000)) } },
        { "SigningSecrets", it => it with { SigningSecrets = [.. Enumerable.Repeat("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 11)] } },
        { "Headers", it => it with { Headers = [.. Enumerable.Range(0, 101).Select(i => KeyValuePair.Create($"x-{i}", "1"))] } },
        { "Headers", it => it with { Headers = [KeyValuePair.Create("x-long", new string('v', 20_000))] } },
        { "Types", it => it with { Types = new TypeFilter([]) } },
        { "Types", it => it with { Types = new TypeFilter(Enumerable.Range(0, 1_001).Select(i => $"t{i}")) } },
        { "Types", it => it with { Types = new TypeFilter([new string('t', 256)]) } },
        { "name", it => it with { Name = "billing/" + new string('n', 200) } },
        { "name", it => it with { Name = "billing/a\nb" } },
    };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public void Endpoint_MemberOutOfItsBounds_IsRefusedByName(string member, Func<EndpointDefinition, EndpointDefinition> change)
    {
        var endpoint = change(new EndpointDefinition { Name = "billing/orders", Integration = "billing", Url = new Uri("http://127.0.0.1:9/") });

        var errors = IntegrationValidator.Validate([new IntegrationDefinition { Name = "billing", Consumers = [endpoint] }]);

        Assert.Contains(errors, error => error.Contains(member, StringComparison.Ordinal));
    }

    [Fact]
    public void Operator_TextsOutOfBounds_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new Operations.Operator(""));
        Assert.Throws<ArgumentException>(() => new Operations.Operator(new string('a', 256)));
        Assert.Throws<ArgumentException>(() => new Operations.Operator("a", new string('r', 1_001)));
        Assert.Throws<ArgumentException>(() => new Operations.Operator("a") with { Reason = new string('r', 1_001) });
    }

    private static IEnumerable<object> Extremes(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(TimeSpan) ? [TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.FromDays(-1), TimeSpan.FromDays(36_501)]
            : type == typeof(int) ? [int.MinValue, int.MaxValue, -1]
            : type == typeof(long) ? [long.MinValue, long.MaxValue, -1L]
            : throw new NotSupportedException($"An option of type {type.Name} has no test of its bounds yet.");
    }
}
