using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Carrick.IntegrationTests.Interop;

/// <summary>An endpoint on 127.0.0.1 that keeps the first request as it came over the wire.</summary>
internal sealed class CapturingEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource<(byte[] Body, Dictionary<string, string> Headers)> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CapturingEndpoint(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.Single() + "/hooks");

    public static async Task<CapturingEndpoint> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var endpoint = new CapturingEndpoint(builder.Build());
        endpoint._app.Run(endpoint.KeepAsync);
        await endpoint._app.StartAsync();
        return endpoint;
    }

    public Task<(byte[] Body, Dictionary<string, string> Headers)> FirstAsync() =>
        _first.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        _first.TrySetResult((body.ToArray(), context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString())));
    }
}
