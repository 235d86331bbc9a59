using Carrick.Authentication;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Receiving;
using Carrick.Retry;
using Carrick.Server.Config;
using Carrick.Server.Serve;
using Carrick.Signatures;

namespace Carrick.Server.Demo;

/// <summary>The real server, in this process, with the integrations of the demo.</summary>
internal sealed class DemoServer(WebApplication app, string adminKey) : IAsyncDisposable
{
    // Short, so that the demo sees dead letters within seconds.
    private static readonly RetryPolicy Impatient = new() { Attempts = 3, Base = TimeSpan.FromMilliseconds(200), Cap = TimeSpan.FromSeconds(1) };

    public Uri Url { get; } = new(app.Urls.First().TrimEnd('/') + "/");

    public string AdminKey => adminKey;

    public IOperations Operations { get; } = app.Services.GetRequiredService<IOperations>();

    /// <summary>Cancelled when the user asks the process to stop.</summary>
    public CancellationToken Stopping => app.Lifetime.ApplicationStopping;

    public static async Task<DemoServer> StartAsync(
        string urls, string directory, Bookings bookings, DemoSecrets secrets, Uri customer, CancellationToken cancellationToken)
    {
        var builder = ServerApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var settings = new ServerSettings { Urls = urls, DataDirectory = directory };
        var configuration = new LoadedConfiguration(null, new ConfigDocument { Integrations = [], Settings = new EngineSettings() });
        var app = ServerApplication.Build(builder, settings, configuration, static _ => null, carrick => Compose(carrick, bookings, secrets, customer));
        try
        {
            await app.StartAsync(cancellationToken);
            var keys = app.Services.GetRequiredService<ApiKeys>();
            var key = await keys.CreateAsync("demo", [ApiScope.Admin], new Operator("demo"), cancellationToken);
            return new DemoServer(app, key.Key);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private static void Compose(CarrickBuilder carrick, Bookings bookings, DemoSecrets secrets, Uri customer)
    {
        carrick.UseSqliteHandlerDatabase(bookings.ConnectionString);
        carrick.AddIntegration(DemoScenario.Payments, payments => payments
            .ReceiveWebhooks(new WebhookSourceDefinition
            {
                Scheme = WebhookScheme.Stripe,
                Secrets = [secrets.Stripe],
                SubjectPath = "json.data.object.customer",
                VersionPath = "json.created",
            })
            .On("*", bookings.HandleAsync, handler => InOrder(handler, DemoScenario.Payments))
            .DeliverTo("shop", new Uri(customer, "shop"), endpoint => Signed(endpoint, secrets))
            .DeliverTo(
                FaultPlan.GoneEndpoint,
                new Uri(customer, FaultPlan.GoneEndpoint),
                endpoint => Signed(endpoint, secrets) with { Types = new TypeFilter(["charge.refunded"]) }));
        carrick.AddIntegration(DemoScenario.Code, code => code
            .ReceiveWebhooks(new WebhookSourceDefinition
            {
                Scheme = WebhookScheme.GitHub,
                Secrets = [secrets.GitHub],
                SubjectPath = "json.repository.full_name",
                VersionPath = "json.issue.updated_at",
            })
            .On("*", bookings.HandleAsync, handler => InOrder(handler, DemoScenario.Code))
            .DeliverTo("ci", new Uri(customer, "ci"), endpoint => Signed(endpoint, secrets)));
    }

    private static HandlerDefinition InOrder(HandlerDefinition handler, string integration) => handler with
    {
        Name = DemoConsumers.Handler(integration),
        Order = OrderingMode.Subject,
        SkipLate = true,
        Retry = Impatient with { Attempts = 8 },
    };

    private static EndpointDefinition Signed(EndpointDefinition endpoint, DemoSecrets secrets) => endpoint with
    {
        SigningSecrets = [secrets.Delivery],
        Timeout = TimeSpan.FromSeconds(1),
        Concurrency = 64,
        Retry = Impatient,
    };
}
