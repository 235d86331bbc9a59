using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Peers;

/// <summary>Kestrel with one route that verifies, enqueues and answers. It ends when its input is closed, and so with the benchmark.</summary>
public static class PeerHost
{
    private const string Path = "/webhooks/bench";
    private const int MostBytes = 1_048_576;

    /// <summary>A builder that writes to the error output only, and only what is wrong.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, PeerEnvironment.Port);
            kestrel.Limits.MaxRequestBodySize = MostBytes;
        });
        return builder;
    }

    /// <summary>Receives until the input is closed.</summary>
    /// <param name="app">What was built.</param>
    /// <param name="enqueueAsync">Returns when the event is durable: whether it was known already.</param>
    public static async Task RunAsync(WebApplication app, Func<PeerEvent, Task<bool>> enqueueAsync)
    {
        ArgumentNullException.ThrowIfNull(app);
        var signature = new Signature(PeerEnvironment.Secret);
        app.MapPost(Path, (RequestDelegate)(context => ReceiveAsync(context, signature, enqueueAsync)));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine(new Uri(address).Port);
        _ = await Console.In.ReadLineAsync();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private static async Task ReceiveAsync(HttpContext context, Signature signature, Func<PeerEvent, Task<bool>> enqueueAsync)
    {
        var acceptedAt = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        var body = new byte[(int)Math.Min(context.Request.ContentLength ?? 0, MostBytes)];
        await context.Request.Body.ReadExactlyAsync(body);
        if (!signature.IsRight(context.Request.Headers, body))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var id = context.Request.Headers["webhook-id"].ToString();
        var isDuplicate = await enqueueAsync(new PeerEvent(id, acceptedAt, Encoding.UTF8.GetString(body)));
        var answer = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","duplicate":{{(isDuplicate ? "true" : "false")}}}""");
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer);
    }
}
