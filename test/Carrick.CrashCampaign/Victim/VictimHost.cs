using Carrick.CrashCampaign.Databases;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Retry;
using Carrick.Signatures;
using Carrick.Storage;

namespace Carrick.CrashCampaign.Victim;

/// <summary>The process that is killed: a small application that uses Carrick as a library.</summary>
internal static class VictimHost
{
    public static readonly RetryPolicy Fast = new()
    {
        Attempts = 5,
        Base = TimeSpan.FromMilliseconds(20),
        Cap = TimeSpan.FromMilliseconds(500),
    };

    public static readonly RetryPolicy Patient = Fast with { Attempts = 20 };

    public static async Task<int> RunAsync(VictimSettings settings)
    {
        var databases = VictimDatabases.Of(settings);
        var handlers = new VictimHandlers(settings, databases);
        await handlers.CreateTablesAsync();

        var audit = settings.Handlers == HandlerPlace.Both ? databases.MakeOwn() : null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddCarrick(carrick =>
        {
            databases.Use(carrick);
            VictimSabotage.Plant(carrick, settings.Sabotage);

            carrick.AddIntegration(VictimSettings.Integration, orders => orders
                .ReceiveWebhooks(new WebhookSourceDefinition
                {
                    Scheme = WebhookScheme.StandardWebhooks,
                    Secrets = [VictimSettings.Secret],
                    SubjectPath = "json.subject",
                })
                .On("*", handlers.BookInLedgerAsync, handler => handler with { Name = VictimSettings.Ledger, Order = OrderingMode.Subject, Retry = Fast })
                .On("*", handlers.BookInAuditAsync, handler => handler with { Name = VictimSettings.Audit, Retry = Fast, Database = audit })
                .DeliverTo("erp", new Uri(settings.Receiver, "erp"), endpoint => Endpoint(endpoint) with { Order = OrderingMode.Subject, Retry = Patient })
                .DeliverTo("flaky", new Uri(settings.Receiver, "flaky"), Endpoint));
        });

        var app = builder.Build();
        VictimSabotage.Plant(app, settings.Sabotage);
        app.MapCarrick();
        VictimControl.Map(app);
        try
        {
            await app.StartAsync();
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Taken)
        {
            return VictimSettings.OwnedCode;
        }

        VictimReport.Ready(new Uri(app.Urls.First()));
        StopWithCampaign(app.Lifetime);
        await app.WaitForShutdownAsync();
        return 0;
    }

    // The campaign never writes to the standard input; it ends when the campaign is gone, however that came.
    private static void StopWithCampaign(IHostApplicationLifetime lifetime) => new Thread(() =>
    {
        Console.In.ReadToEnd();
        lifetime.StopApplication();
    })
    { IsBackground = true }.Start();

    private static EndpointDefinition Endpoint(EndpointDefinition endpoint) => endpoint with
    {
        Retry = Fast,
        Timeout = TimeSpan.FromSeconds(2),
        Concurrency = 16,
        SigningSecrets = [VictimSettings.Secret],
    };
}
