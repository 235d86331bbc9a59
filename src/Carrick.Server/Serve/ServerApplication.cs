using Carrick.Cluster;
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
    /// <exception cref="Cli.CliException">A settings file cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = ServerConfiguration.Read(() => WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ServerApplication).Assembly.GetName().Name,
            // Settings are read once. A watcher of the working directory would be woken by every write to the database below it.
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        }));
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
    /// <exception cref="OptionsValidationException">An option is out of range; an <see cref="AggregateException"/> of them if options of several sections are.</exception>
    /// <exception cref="Cli.CliException">An option has an unknown key or a value of another kind; every error is in the details.</exception>
    public static WebApplication Build(
        WebApplicationBuilder builder,
        ServerSettings settings,
        LoadedConfiguration configuration,
        Func<string, string?> environment,
        Action<CarrickBuilder>? more = null)
    {
        builder.WebHost.UseUrls(settings.Urls);
        builder.WebHost.UseCarrickTransportLimits();
        builder.WebHost.ConfigureKestrel(KestrelLimits.Apply);
        var options = builder.AddOptionSections(configuration.Document.Settings);
        builder.Services.AddSingleton(new ActiveConfiguration(configuration.Text, configuration.Document.Settings));
        builder.AddCarrick(carrick =>
        {
            carrick.UseStore(settings);
            foreach (var integration in configuration.Document.Integrations)
            {
                carrick.AddIntegration(integration.Name, target => Copy(integration, target));
            }

            more?.Invoke(carrick);
        });

        var setup = (EngineSetup)builder.Services.Single(service => service.ServiceType == typeof(EngineSetup)).ImplementationInstance!;
        builder.Services.Replace(ServiceDescriptor.Singleton(setup with { Migrate = settings.Migrate }));

        // The host must not give up before the engine has drained.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownGrace + TimeSpan.FromSeconds(10));
        var app = builder.Build();

        // All options at once, before the first service takes its own and fails alone.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.MapCarrick();
        var follower = ActivatorUtilities.CreateInstance<ConfigurationFollower>(app.Services, environment);
        app.Services.GetRequiredService<ClusterRunner>().Reconfigured = follower.FollowAsync;
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
