using System.Net;
using System.Net.Http.Headers;
using Carrick.Authentication;
using Carrick.Tests.Cli;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Carrick.Tests.Peers;

/// <summary>Every route of the server as it is composed, by what its metadata asks for: none is forgotten because somebody keeps a list.</summary>
public sealed class ServerRouteTests : IDisposable
{
    private static readonly string[] Open = ["/health/live", "/health/ready", "/metrics", "/openapi/", "/docs", "/webhooks/"];
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-server-routes");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task EveryRouteOfTheServer_LesserKeyOrNone_IsRefused()
    {
        await using var server = await ServerHost.StartAsync(_directory.FullName);
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(server.Url) };
        var routes = Routes(server).ToArray();
        Assert.DoesNotContain(routes, route => route.Scope is null && !Open.Any(open => route.Path.StartsWith(open, StringComparison.Ordinal)));
        Assert.Contains(("PUT", "/v1/config", ApiScope.Admin), routes);
        Assert.Contains(routes, route => route is { Path: "/v1/diagnostics", Scope: not null });
        foreach (var (method, path, scope) in routes.Where(route => route.Scope is not null))
        {
            Assert.Equal((method, path, HttpStatusCode.Unauthorized), (method, path, await AskAsync(http, method, path, null)));
            if (ApiScope.All.TakeWhile(lesser => lesser != scope).LastOrDefault() is { } lesser)
            {
                Assert.Equal((method, path, HttpStatusCode.Forbidden), (method, path, await AskAsync(http, method, path, await server.MakeKeyAsync(lesser))));
            }
        }
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string method, string path, string? key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static IEnumerable<(string Method, string Path, string? Scope)> Routes(ServerHost server) =>
        from endpoint in server.Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        let path = string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
            string.Concat(segment.Parts.Select(part => part is RoutePatternLiteralPart literal ? literal.Content : "x"))))
        select (method, "/" + path, endpoint.Metadata.GetMetadata<ApiScopeMetadata>()?.Scope);
}
