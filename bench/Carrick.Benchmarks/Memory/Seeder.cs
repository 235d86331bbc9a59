using System.Security.Cryptography;
using Carrick.Benchmarks.Load;
using Carrick.Hosting;
using Carrick.Integrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Carrick.Benchmarks.Memory;

/// <summary>Fills a store through the engine's own commit queue, in a process of its own: events nobody waits for, and events whose deliveries are outstanding.</summary>
internal static class Seeder
{
    private const string Archive = "archive";
    private const int PerCall = 500;
    private const int Callers = 4;

    public static async Task<int> RunAsync(Settings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMetrics();
        builder.Services.AddCarrick(carrick => carrick
            .UseSqlite($"Data Source={Path.Combine(settings.Data, "carrick.db")}")
            .AddIntegration(Archive, _ => { })
            .AddIntegration(Serving.BenchServer.Integration, bench => bench.On(
                "*", (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken), definition => definition with { Timeout = TimeSpan.FromHours(1) }))
            .Configure(options => options.ShutdownGrace = TimeSpan.Zero));
        using var host = builder.Build();
        await host.StartAsync().ConfigureAwait(false);
        var ingress = host.Services.GetRequiredService<IEventIngress>();
        await FillAsync(ingress, Archive, settings.Events - settings.Backlog).ConfigureAwait(false);
        await FillAsync(ingress, Serving.BenchServer.Integration, settings.Backlog).ConfigureAwait(false);
        Console.WriteLine("done");

        // Not stopped: the next start must recover as after a crash.
        Environment.Exit(0);
        return 0;
    }

    private static Task FillAsync(IEventIngress ingress, string integration, int count) => Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
    {
        var body = SignedRequests.Body();
        for (var left = count / Callers; left > 0; left -= PerCall)
        {
            await ingress.IngestAsync([.. Enumerable.Range(0, Math.Min(PerCall, left)).Select(_ => NewEvent(integration, body))], CancellationToken.None).ConfigureAwait(false);
        }
    }));

    private static IncomingEvent NewEvent(string integration, byte[] body) => new()
    {
        Integration = integration,
        Type = "invoice.paid",
        MessageId = "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)),
        ContentType = "application/json",
        Body = body,
    };
}
