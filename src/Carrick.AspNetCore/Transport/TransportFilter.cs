using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Carrick.Transport;

/// <summary>Tells a connection of the beginning and end of its requests, before all other middleware. Allocates nothing per request.</summary>
internal sealed class TransportFilter : IStartupFilter
{
    private static readonly Func<object, Task> End = static slot =>
    {
        ((TransportSlot)slot).EndRequest();
        return Task.CompletedTask;
    };

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static following => context => RunAsync(context, following));
        next(app);
    };

    private static Task RunAsync(HttpContext context, RequestDelegate following)
    {
        if (context.Features.Get<TransportSlot>() is { } slot)
        {
            slot.BeginRequest();
            context.Response.OnCompleted(End, slot);
        }

        return following(context);
    }
}
