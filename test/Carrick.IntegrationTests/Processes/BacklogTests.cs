using System.Globalization;
using System.Text;
using Carrick.Hosting;
using Carrick.Integrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Carrick.IntegrationTests.Processes;

public sealed class BacklogTests
{
    private const int Outstanding = 100_000;
    // The requirement is 1 s on two idle cores. Here they are shared with the other tests, which makes it up to 1 s already: three times that is a fault.
    private static readonly TimeSpan DispatchLimit = TimeSpan.FromSeconds(3);

    private const string OpenWords = "is open with epoch";

    [Fact]
    public async Task Server_KilledWithABacklog_DispatchesSoonAfterItsRestart()
    {
        await using var station = await Station.CreateAsync();
        var hang = new TaskCompletionSource();
        station.Receiver.Script = _ => hang.Task;
        await SeedAsync(station);
        station.Receiver.Calls.Clear();
        var server = await station.StartAsync();
        await Station.UntilAsync(() => station.Receiver.Calls.Count >= 64, () => server.Output);
        await server.KillAsync();
        station.Receiver.Script = Receiver.Answer(200);
        station.Receiver.Calls.Clear();

        var launched = TimeProvider.System.GetUtcNow();
        var next = await station.StartAsync();
        await Station.UntilAsync(() => !station.Receiver.Calls.IsEmpty, () => next.Output);

        var first = station.Receiver.Calls.First().At;
        var opened = OpenedAt(next.Output);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Outstanding} outstanding: first delivery {(first - opened).TotalMilliseconds:F0} ms after the store was open, {(first - launched).TotalMilliseconds:F0} ms after the process was started."));
        Assert.InRange(first - opened, TimeSpan.FromMilliseconds(-1), DispatchLimit);

        // It goes through the backlog, and nothing is lost or done twice by the way.
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM outcomes") > 1_000, () => next.Output);
        await next.KillAsync();
        Assert.Equal(Outstanding, station.Count("SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM work)"));
    }

    private static DateTimeOffset OpenedAt(string output)
    {
        var line = output.Split('\n').Single(text => text.Contains(OpenWords, StringComparison.Ordinal));
        return DateTimeOffset.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static async Task SeedAsync(Station station)
    {
        Directory.CreateDirectory(station.Data);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMetrics();
        builder.Services.AddCarrick(carrick => carrick
            .UseSqlite($"Data Source={station.Database}")
            .Configure(options => options.ShutdownGrace = TimeSpan.Zero)
            .AddIntegration("billing", billing => billing.DeliverTo("orders", new Uri(station.Receiver.Url + "/orders"), endpoint => endpoint with { Concurrency = 1 })));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var ingress = host.Services.GetRequiredService<IEventIngress>();
        var body = Encoding.UTF8.GetBytes("""{"type":"invoice.paid"}""");
        const int PerCall = 500;
        for (var i = 0; i < Outstanding; i += PerCall)
        {
            await ingress.IngestAsync(
                [
                    .. Enumerable.Range(i, PerCall).Select(number => new IncomingEvent
                    {
                        Integration = "billing",
                        Type = "invoice.paid",
                        MessageId = $"m{number}",
                        ContentType = "application/json",
                        Body = body,
                    }),
                ],
                TestContext.Current.CancellationToken);
        }

        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
