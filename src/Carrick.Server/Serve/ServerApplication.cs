using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Rest;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Carrick.Server.Serve;

/// <summary>Composes the server.</summary>
internal static class ServerApplication
{
    /// <summary>Composes the builder that reads the environment and <c>appsettings.json</c>.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ServerApplication).Assembly.GetName().Name,
            // Settings are read once. A watcher of the working directory would be woken by every write to the database below it.
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ "));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // A failed start is told in one line by the command.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        return builder;
    }

    /// <summary>Builds the application; nothing runs yet.</summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>.</param>
    /// <param name="settings">How it starts.</param>
    /// <param name="configuration">The integrations.</param>
    /// <param name="environment">Reads an environment variable, for configurations that are applied later.</param>
    /// <param name="more">Adds handlers and integrations of code.</param>
    public static WebApplication Build(
        WebApplicationBuilder builder,
        ServerSettings settings,
        LoadedConfiguration configuration,
        Func<string, string?> environment,
        Action<CarrickBuilder>? more = null)
    {
        builder.WebHost.UseUrls(settings.Urls);
        builder.WebHost.ConfigureKestrel(KestrelLimits.Apply);
        builder.Services.AddSingleton(new ActiveConfiguration(configuration.Text, configuration.Document.Settings));
        builder.AddCarrick(carrick =>
        {
            carrick.UseStore(settings);
            carrick.Configure(options =>
            {
                configuration.Document.Settings.CopyTo(options);
                builder.Configuration.GetSection("Carrick:Engine").Bind(options);
            });
            foreach (var integration in configuration.Document.Integrations)
            {
                carrick.AddIntegration(integration.Name, target => Copy(integration, target));
            }

            more?.Invoke(carrick);
        });

        var setup = (EngineSetup)builder.Services.Single(service => service.ServiceType == typeof(EngineSetup)).ImplementationInstance!;
        builder.Services.Replace(ServiceDescriptor.Singleton(setup with { Migrate = settings.Migrate }));

        // The host must not give up before the engine has drained.
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<CarrickOptions>>(
            (host, engine) => host.ShutdownTimeout = engine.Value.ShutdownGrace + TimeSpan.FromSeconds(10));
        var app = builder.Build();
        app.MapCarrick();
        var api = app.MapGroup("/v1").AddEndpointFilter<ApiFilter>();
        api.MapConfiguration(environment);
        api.MapDiagnostics();
        return app;
    }

    private static void Copy(IntegrationDefinition source, IntegrationBuilder target)
    {
        if (source.Source is { } from)
        {
            target.From(from);
        }

        foreach (var consumer in source.Consumers)
        {
            target.AddConsumer(consumer);
        }
    }
}
