using System.Net;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Postgres;
using Carrick.Receiving;
using Carrick.Server.Cli;
using Carrick.Server.Serve;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class OptionSectionTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-options");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Sections_OfTheServer_HaveEveryOptionOfTheLibrary()
    {
        var options = new[] { typeof(CarrickOptions), typeof(CarrickWebOptions), typeof(PostgresOptions) }.Select(type => type.Assembly).Distinct()
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal));

        Assert.Equal(options.OrderBy(type => type.Name), OptionSections.All.Select(entry => entry.Options).OrderBy(type => type.Name));
    }

    [Fact]
    public async Task Start_WithSettings_BindsEverySection()
    {
        await using var server = await StartAsync(
            ("Carrick:Engine:CommitBatch", "77"),
            ("Carrick:Engine:EventRetention", "7.00:00:00"),
            ("Carrick:Receiving:MaxBytesInFlight", "1048576"),
            ("Carrick:Receiving:MinBytesPerSecond", "9"),
            ("Carrick:Receiving:MinRateGrace", "00:00:07"),
            ("Carrick:Transport:MaxConnections", "77"),
            ("Carrick:Transport:FirstRequestTimeout", "00:00:09"),
            ("Carrick:Delivery:Proxy", "http://127.0.0.1:3128"),
            ("Carrick:Delivery:ConnectTimeout", "00:00:03"),
            ("carrick:web:anonymousmetrics", "false"));
        T Options<T>()
            where T : class => server.Services.GetRequiredService<IOptions<T>>().Value;

        Assert.Equal((77, TimeSpan.FromDays(7), 8_192), (Options<CarrickOptions>().CommitBatch, Options<CarrickOptions>().EventRetention, Options<CarrickOptions>().WriteQueueCapacity));
        Assert.Equal((1L << 20, 9, TimeSpan.FromSeconds(7)), (Options<WebhookReceivingOptions>().MaxBytesInFlight, Options<WebhookReceivingOptions>().MinBytesPerSecond, Options<WebhookReceivingOptions>().MinRateGrace));
        Assert.Equal((77, TimeSpan.FromSeconds(9)), (Options<TransportOptions>().MaxConnections, Options<TransportOptions>().FirstRequestTimeout));
        Assert.Equal((new Uri("http://127.0.0.1:3128"), TimeSpan.FromSeconds(3)), (Options<DeliveryOptions>().Proxy, Options<DeliveryOptions>().ConnectTimeout));
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri(server.Url + "/metrics"), TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Start_SettingAndConfigurationFile_TheSettingWins()
    {
        var file = Path.Combine(_directory.FullName, "carrick.yaml");
        await File.WriteAllTextAsync(file, "integrations: {}\nlimits: { commitBatch: 5, writeQueue: 99 }", TestContext.Current.CancellationToken);

        await using var server = await ServerHost.StartAsync(_directory.FullName, file, new Dictionary<string, string?> { ["Carrick:Engine:CommitBatch"] = "6" });

        var options = server.Services.GetRequiredService<IOptions<CarrickOptions>>().Value;
        Assert.Equal((6, 99), (options.CommitBatch, options.WriteQueueCapacity));
    }

    [Fact]
    public async Task Start_KeysAndValuesOfAnotherKind_AreReportedAtOnceWithoutTheirValues()
    {
        var failure = (await Assert.ThrowsAsync<CliException>(() => StartAsync(
            ("Carrick:Engine:CommitBatch", "canary"),
            ("Carrick:Engine:CommitBach", "1"),
            ("Carrick:Engine:EventRetention", "30d"),
            ("Carrick:Engine:HandlerLinger", "canary"),
            ("Carrick:Receiving:Wholly", "1"),
            ("Carrick:Web:AnonymousMetrics", "canary"),
            ("Carrick:Delivery:ConnectTimeout", "")))).Failure;

        Assert.Equal(ExitCodes.Usage, failure.ExitCode);
        Assert.Equal(
            new[]
            {
                "Carrick:Delivery:ConnectTimeout: The value is not a period such as 00:00:05, or 30.00:00:00 for days.",
                "Carrick:Engine:CommitBach: Unknown key. Did you mean 'CommitBatch'?",
                "Carrick:Engine:CommitBatch: The value is not a whole number.",
                "Carrick:Engine:EventRetention: The value is not a period such as 00:00:05, or 30.00:00:00 for days.",
                "Carrick:Engine:HandlerLinger: The value is not a period such as 00:00:05, or 30.00:00:00 for days.",
                "Carrick:Receiving:Wholly: Unknown key. Known keys: MaxBytesInFlight, MinBytesPerSecond, MinRateGrace, MaxPercentPerIntegration, MaxPercentPerAddress.",
                "Carrick:Web:AnonymousMetrics: The value is not true or false.",
            },
            failure.Details.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Carrick:Engine:CommitBatch", "0", "Carrick:Engine:CommitBatch must be 1 to 10,000.")]
    [InlineData("Carrick:Engine:MessageIdRetention", "3.23:59:59", "Carrick:Engine:MessageIdRetention must be 4 to 36,500 days: at least 4, because senders try again for up to 3.")]
    [InlineData("Carrick:Receiving:MaxBytesInFlight", "1", "Carrick:Receiving:MaxBytesInFlight: must be 1 MiB to 64 GiB")]
    [InlineData("Carrick:Delivery:ConnectTimeout", "00:00:00", "Carrick:Delivery:ConnectTimeout must be over 0 and at most 10 minutes.")]
    [InlineData("Carrick:Receiving:MaxPercentPerIntegration", "96", "Carrick:Receiving:MaxPercentPerIntegration: must be 10 to 95")]
    [InlineData("Carrick:Receiving:MaxPercentPerAddress", "90", "Carrick:Receiving:MaxPercentPerAddress: must be less than MaxPercentPerIntegration")]
    [InlineData("Carrick:Receiving:MinRateGrace", "00:00:01", "Carrick:Receiving:MinRateGrace: must be more than 1 second, up to 1 minute")]
    [InlineData("Carrick:Transport:MaxConnections", "15", "Carrick:Transport:MaxConnections: must be 16 to 1,000,000")]
    [InlineData("Carrick:Transport:MaxPercentPerAddress", "0", "Carrick:Transport:MaxPercentPerAddress: must be 1 to 100")]
    [InlineData("Carrick:Transport:FirstRequestTimeout", "00:01:01", "Carrick:Transport:FirstRequestTimeout: must be 1 second to 1 minute")]
    [InlineData("Carrick:Transport:KeepAliveTimeout", "00:00:01", "Carrick:Transport:KeepAliveTimeout: must be 5 seconds to 1 hour")]
    [InlineData("Carrick:Delivery:Proxy", "ftp://127.0.0.1/", "Carrick:Delivery:Proxy is not an absolute http URL.")]
    public async Task Start_ValueOutOfRange_StopsTheStartWithItsKey(string key, string value, string expected)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(("Carrick:Engine:EventRetention", "01:00:00"), (key, value)));

        Assert.Equal([expected], exception.Failures);
    }

    private Task<ServerHost> StartAsync(params (string Key, string? Value)[] settings) =>
        ServerHost.StartAsync(_directory.FullName, null, settings.ToDictionary(setting => setting.Key, setting => setting.Value));
}
