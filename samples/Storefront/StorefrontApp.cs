using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Retry;
using Carrick.Signatures;
using Storefront.Handlers;
using Storefront.Orders;

namespace Storefront;

/// <summary>A shop that learns of its orders from Stripe and tells its warehouse.</summary>
internal static class StorefrontApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = typeof(StorefrontApp).Assembly.GetName().Name });
        var data = Directory.CreateDirectory(builder.Configuration["Data"] ?? "data").FullName;
        builder.AddCarrick(carrick => carrick
            .UseSqlite($"Data Source={data}/carrick.db")
            .UseSqliteHandlerDatabase($"Data Source={data}/shop.db")
            .AddIntegration("payments", payments => payments
                .ReceiveWebhooks(new WebhookSourceDefinition
                {
                    Scheme = WebhookScheme.Stripe,
                    SecretsConfigurationKey = "Stripe:WebhookSecrets",
                    SubjectPath = "json.data.object.id",
                    VersionPath = "json.created",
                })
                .On("checkout.session.completed", PlaceOrder.HandleAsync, StripeJson.Default.StripeEventCheckoutSession)
                .On("charge.refunded", RefundOrder.HandleAsync, StripeJson.Default.StripeEventCharge, handler => handler with
                {
                    Retry = new RetryPolicy { Base = TimeSpan.FromSeconds(1), Cap = TimeSpan.FromMinutes(1), Attempts = 10 },
                })
                .On("customer.updated", RememberCustomer.HandleAsync, StripeJson.Default.StripeEventCustomer, handler => handler with { SkipLate = true })
                .DeliverTo("warehouse", new Uri(builder.Configuration["Warehouse:Url"]!), endpoint => endpoint with
                {
                    Types = new TypeFilter(["order.placed"]),
                    SigningSecrets = [builder.Configuration["Warehouse:SigningSecret"]!],
                }))

            // The warehouse is another company; here it is played by this application.
            .AddIntegration("warehouse", warehouse => warehouse
                .ReceiveWebhooks(WebhookScheme.StandardWebhooks, "Warehouse:SigningSecret")
                .On("order.placed", PackParcel.HandleAsync, ShopJson.Default.OrderPlaced)));

        builder.Services.AddDbContext<ShopContext>(options => ShopContext.Configure(options, $"Data Source={data}/shop.db"));
        builder.Services.AddRazorPages();
        builder.Services.AddHttpClient<TestEvents>();

        var app = builder.Build();
        app.MapCarrick();
        app.MapRazorPages();
        CreateTables(app);
        return app;
    }

    private static void CreateTables(WebApplication app)
    {
        // Before the start: EF Core makes its tables only in a database that has none, and Carrick adds its own at the start.
        using var scope = app.Services.CreateScope();
        scope.ServiceProvider.GetRequiredService<ShopContext>().Database.EnsureCreated();
    }
}
