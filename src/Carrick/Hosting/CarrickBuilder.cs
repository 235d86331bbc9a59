using Carrick.Handlers;
using Carrick.Integrations;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Hosting;

/// <summary>Composes Carrick in an application; features are extension methods on it. Frozen when the application starts.</summary>
public sealed class CarrickBuilder
{
    private readonly List<IntegrationDefinition> _integrations = [];

    internal CarrickBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    internal IReadOnlyList<IntegrationDefinition> Integrations => _integrations;

    /// <summary>Sets limits and periods.</summary>
    public CarrickBuilder Configure(Action<CarrickOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    /// <summary>Uses this store; the last call wins.</summary>
    public CarrickBuilder UseStore(Func<IServiceProvider, IStore> factory)
    {
        Services.AddSingleton(factory);
        return this;
    }

    /// <summary>Uses this database for handlers that name none of their own; the last call wins.</summary>
    public CarrickBuilder UseHandlerDatabase(Func<IServiceProvider, IHandlerDatabase> factory)
    {
        Services.AddSingleton(factory);
        return this;
    }

    /// <summary>Adds an integration.</summary>
    /// <exception cref="ArgumentException">The name is taken, or not 1 to 64 of <c>a-z 0-9 -</c>.</exception>
    public CarrickBuilder AddIntegration(string name, Action<IntegrationBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        if (_integrations.Exists(integration => integration.Name == name))
        {
            throw new ArgumentException($"Integration '{name}' is added twice.", nameof(name));
        }

        var builder = new IntegrationBuilder(name, Services);
        configure(builder);
        _integrations.Add(builder.Build());
        return this;
    }
}
