using System.Diagnostics;
using System.Net;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Storage;
using Carrick.Hosting;
using Carrick.Operations;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick.Benchmarks.Serving;

/// <summary>The server under test: Kestrel, the webhook endpoint and the store, as an application composes them. In a process of its own.</summary>
internal static class BenchServer
{
    public const string Integration = "bench";

    /// <summary>For the API of a server that listens on this machine only and lives as long as a benchmark.</summary>
    public const string AdminKey = "growth-8f1c2b9e-read-lists-4d7a60c3";

    public static async Task<int> RunAsync(Settings settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, settings.Ports[0]));
        builder.Configuration["CARRICK_ADMIN_KEY"] = AdminKey;
        var handler = new BenchHandler(settings);
        builder.AddCarrick(carrick =>
        {
            BenchStore.Use(carrick, settings);
            carrick.AddIntegration(Integration, bench =>
            {
                bench.ReceiveWebhooks(WebhookScheme.StandardWebhooks, [SignedRequests.Secret]);
                handler.AddTo(bench);
            });
        });
        if (settings.RetentionSeconds > 0)
        {
            // Shorter than an operator may choose, so that a soak sees it many times over.
            builder.Services.RemoveAll<IValidateOptions<CarrickOptions>>();
            var kept = TimeSpan.FromSeconds(settings.RetentionSeconds);
            builder.Services.Configure<CarrickOptions>(options => options.EventRetention = options.MessageIdRetention = options.DeadLetterRetention = options.LedgerRetention = kept);
        }

        var app = builder.Build();
        app.MapCarrick();
        app.MapGet("/bench/stats", () => Results.Json(Read(app.Services, handler)));
        app.MapPost("/bench/reset", handler.Reset);
        var started = Stopwatch.GetTimestamp();
        await app.StartAsync().ConfigureAwait(false);
        handler.Started(started);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine(new Uri(address).Port);

        // The parent closes the input to end the process.
        _ = await Console.In.ReadLineAsync().ConfigureAwait(false);
        handler.Open();
        await app.StopAsync().ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
        return 0;
    }

    private static long DiskBytes() => File.ReadLines("/proc/self/io")
        .Where(line => line.StartsWith("write_bytes: ", StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan("write_bytes: ".Length), System.Globalization.CultureInfo.InvariantCulture))
        .Single();

    private static ServerFigures Read(IServiceProvider services, BenchHandler handler)
    {
        using var process = Process.GetCurrentProcess();
        var statistics = services.GetRequiredService<IStore>().Statistics;
        var ages = handler.Ages;
        return new ServerFigures
        {
            ResidentBytes = process.WorkingSet64,
            CpuSeconds = process.TotalProcessorTime.TotalSeconds,
            Commits = statistics.Commits,
            Commands = statistics.Commands,
            WalBytes = statistics.WalBytes,
            Checkpoints = statistics.Checkpoints,
            Reads = statistics.Reads,
            DiskBytes = DiskBytes(),
            AllocatedBytes = GC.GetTotalAllocatedBytes(),
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            Handled = handler.Handled,
            LastHandledAt = handler.LastAt,
            Outstanding = services.GetRequiredService<IOperations>().ListConsumers().Sum(consumer => consumer.Depth.Ready + consumer.Depth.Delayed),
            StartToDispatch = handler.StartToDispatch,
            ProcessToDispatch = handler.ProcessToDispatch,
            AgeP50 = ages.Count > 0 ? ages.Percentile(50) : null,
            AgeP99 = ages.Count > 0 ? ages.Percentile(99) : null,
        };
    }
}
