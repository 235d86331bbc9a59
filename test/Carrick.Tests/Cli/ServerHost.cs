using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Server.Serve;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Cli;

/// <summary>The server as <c>serve</c> composes it, on a free port of 127.0.0.1.</summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ServerHost(WebApplication app, string? key) => (_app, AdminKey) = (app, key);

    /// <summary>The key that the first start made, or <see langword="null"/>.</summary>
    public string? AdminKey { get; }

    public IReadOnlyList<Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    public string Url => _app.Urls.Single();

    public IServiceProvider Services => _app.Services;

    public static Task<ServerHost> StartAsync(string data, string? config = null, params (string Name, string Value)[] environment) =>
        StartAsync(data, config, new Dictionary<string, string?>(), environment);

    /// <summary>Starts it with services that <paramref name="more"/> has changed.</summary>
    public static Task<ServerHost> StartAsync(string data, string? config, (string Name, string Value)[] environment, Action<IServiceCollection> more) =>
        StartAsync(data, config, new Dictionary<string, string?>(), 0, environment, more);

    /// <summary>Starts it on a port that is known beforehand.</summary>
    public static Task<ServerHost> StartAsync(string data, string? config, int port, params (string Name, string Value)[] environment) =>
        StartAsync(data, config, new Dictionary<string, string?>(), port, environment);

    /// <summary>Starts it with settings as <c>appsettings.json</c> and the environment have them.</summary>
    public static Task<ServerHost> StartAsync(
        string data, string? config, IReadOnlyDictionary<string, string?> withSettings, params (string Name, string Value)[] environment) =>
        StartAsync(data, config, withSettings, 0, environment);

    private static async Task<ServerHost> StartAsync(
        string data, string? config, IReadOnlyDictionary<string, string?> withSettings, int port, (string Name, string Value)[] environment,
        Action<IServiceCollection>? more = null)
    {
        var variables = environment.ToDictionary(variable => variable.Name, variable => variable.Value);
        string? Read(string name) => variables.GetValueOrDefault(name);
        var settings = new ServerSettings { Urls = $"http://127.0.0.1:{port}", DataDirectory = data, ConfigFile = config };
        await StoreAccess.MigrateAsync(settings, CancellationToken.None);
        var configuration = await ConfigurationLoader.LoadAsync(settings, Read, CancellationToken.None);
        var builder = ServerApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(withSettings);
        builder.Logging.ClearProviders();
        more?.Invoke(builder.Services);
        var app = ServerApplication.Build(builder, settings, configuration, Read);
        await app.StartAsync();
        return new ServerHost(app, await app.Services.GetRequiredService<ApiKeys>().EnsureAdminKeyAsync(CancellationToken.None));
    }

    /// <summary>Makes a key with one scope.</summary>
    public async Task<string> MakeKeyAsync(string scope) =>
        (await _app.Services.GetRequiredService<ApiKeys>().CreateAsync(scope, [scope], new Operator("test"), CancellationToken.None)).Key;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
