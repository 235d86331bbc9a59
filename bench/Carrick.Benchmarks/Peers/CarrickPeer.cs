using System.Globalization;
using System.Net;
using System.Text.Json;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Serving;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Retry;
using Carrick.Signatures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Benchmarks.Peers;

/// <summary>Carrick as a peer among peers: told by the environment, like the others. The handler's INSERT is in the transaction that completes the delivery.</summary>
internal static class CarrickPeer
{
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var handles = Required("PEER_ROLE") == "handle";
        builder.AddCarrick(carrick => carrick
            .UsePostgres(Required("PEER_POSTGRES"))
            // What only keeps its deliveries never ends them, so there is nothing to wait for.
            .Configure(options => options.ShutdownGrace = handles ? options.ShutdownGrace : TimeSpan.Zero)
            .AddIntegration(BenchServer.Integration, bench => bench
                .ReceiveWebhooks(new WebhookSourceDefinition
                {
                    Scheme = WebhookScheme.StandardWebhooks,
                    Secrets = [Required("PEER_SECRET")],
                    SubjectPath = "json.data.customer",
                })
                .On("*", handles ? BookAsync : KeepAsync, Configure)));
        var app = builder.Build();
        app.MapCarrick();
        await app.StartAsync().ConfigureAwait(false);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine(new Uri(address).Port.ToString(CultureInfo.InvariantCulture));

        // The parent closes the input to end the process.
        _ = await Console.In.ReadLineAsync().ConfigureAwait(false);
        await app.StopAsync().ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
        return 0;
    }

    private static HandlerDefinition Configure(HandlerDefinition definition)
    {
        // An hour, for the handler that holds everything up.
        var patient = definition with { Timeout = TimeSpan.FromHours(1) };
        return Required("PEER_ORDERED") == "1"
            // A failing head holds up its key until it has succeeded; the default of a second would be most of what is measured.
            ? patient with { Order = OrderingMode.Subject, Retry = new RetryPolicy { Base = TimeSpan.FromMilliseconds(50), Factor = 1 } }
            : patient;
    }

    /// <summary>Holds everything up until the process ends: deliveries are stored, and none is done.</summary>
    private static Task KeepAsync(EventContext context, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    private static Task BookAsync(EventContext context, CancellationToken cancellationToken)
    {
        var age = (TimeProvider.System.GetUtcNow() - context.Event.ReceivedAt).TotalMilliseconds;
        using var body = JsonDocument.Parse(context.Event.Body);
        if (body.RootElement.GetProperty("data").TryGetProperty("fails", out var fails) && context.Attempt <= fails.GetInt32())
        {
            throw new InvalidOperationException("This event fails, as it says.");
        }

        return context.Transaction.ExecuteAsync(
            $"INSERT INTO effects (id, ordering_key, age_ms) VALUES ({context.Event.MessageId}, {context.Event.Subject}, {age})", cancellationToken);
    }

    private static string Required(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
}
