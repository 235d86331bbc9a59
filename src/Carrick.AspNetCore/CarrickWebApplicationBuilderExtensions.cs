using Carrick;
using Carrick.Hosting;
using Microsoft.AspNetCore.Builder;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Carrick to a web application.</summary>
public static class CarrickWebApplicationBuilderExtensions
{
    /// <summary>Adds the engine, composed by <paramref name="configure"/>, and what <c>app.MapCarrick()</c> needs; it starts and stops with the host.</summary>
    /// <exception cref="InvalidOperationException">Carrick was added before.</exception>
    public static WebApplicationBuilder AddCarrick(this WebApplicationBuilder builder, Action<CarrickBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddCarrick(configure);
        builder.Services.AddCarrickAspNetCore();
        return builder;
    }
}
