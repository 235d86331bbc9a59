using Carrick.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Protects endpoints with API keys.</summary>
public static class ApiScopeExtensions
{
    /// <summary>Requires an API key (<c>Authorization: Bearer ck_...</c>) that covers the scope; the host's own authorization policies do not apply to the endpoint.</summary>
    /// <param name="builder">The endpoints.</param>
    /// <param name="scope">One of <see cref="ApiScope"/>.</param>
    /// <exception cref="ArgumentException">The scope is unknown.</exception>
    public static TBuilder RequireApiScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder
    {
        if (!ApiScope.IsScope(scope))
        {
            throw new ArgumentException($"'{scope}' is not a scope: use read, operate or admin.", nameof(scope));
        }

        builder.Finally(endpoint =>
        {
            endpoint.Metadata.Add(new ApiScopeMetadata(scope));
            endpoint.Metadata.Add(new AllowAnonymousAttribute());
            var next = endpoint.RequestDelegate ?? throw new InvalidOperationException($"Endpoint '{endpoint.DisplayName}' has no request delegate.");
            endpoint.RequestDelegate = context => context.RequestServices.GetRequiredService<ApiGate>().InvokeAsync(context, scope, next);
        });
        return builder;
    }
}
