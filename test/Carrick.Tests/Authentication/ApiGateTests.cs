using System.Net;
using Carrick.Authentication;
using Carrick.Tests.Rest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Carrick.Tests.Authentication;

public sealed class ApiGateTests
{
    private static readonly string[] Open = ["/health/live", "/health/ready", "/metrics", "/openapi/", "/docs", "/webhooks/"];

    [Fact]
    public async Task EveryRoute_NoKey_Is401OrKnownToBeOpen()
    {
        await using var host = await ApiHost.StartAsync();
        var routes = Routes(host).ToArray();
        Assert.True(routes.Length > 20, $"{routes.Length} routes");
        foreach (var (method, path) in routes.Where(route => !Open.Any(open => route.Path.StartsWith(open, StringComparison.Ordinal))))
        {
            var response = await host.SendAsync(method, path, scope: null);
            await ApiHost.ProblemAsync(response, 401, "key_required");
            Assert.Equal("Bearer realm=\"carrick\"", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task EveryWriteRoute_ReadKey_Is403()
    {
        await using var host = await ApiHost.StartAsync();
        var writes = Routes(host).Where(route => route.Method != HttpMethod.Get && route.Path.StartsWith("/v1/", StringComparison.Ordinal)).ToArray();
        Assert.True(writes.Length >= 11, $"{writes.Length} writes");
        foreach (var (method, path) in writes)
        {
            var response = await host.SendAsync(method, path, ApiScope.Read);
            await ApiHost.ProblemAsync(response, 403, "scope_missing");
            Assert.Contains("insufficient_scope", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(host.Engine.Calls);
    }

    [Fact]
    public async Task EveryAdminRoute_OperateKey_Is403()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var (method, path) in Routes(host).Where(route => route.Path.StartsWith("/v1/keys", StringComparison.Ordinal) || route.Path == "/v1/audit"))
        {
            await ApiHost.ProblemAsync(await host.SendAsync(method, path, ApiScope.Operate), 403, "scope_missing");
        }
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer ck_00000000000000000000000000_000000")]
    [InlineData("Bearer \u00e4")]
    public async Task Key_NotValid_Is401(string authorization)
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: authorization);
        await ApiHost.ProblemAsync(response, 401, "key_required");
        Assert.Contains("invalid_token", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_Malformed_CostsNoRead()
    {
        await using var host = await ApiHost.StartAsync();
        var reads = host.Store.KeyReads;
        await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer " + host.Key(ApiScope.Read)[..^1] + "!");
        Assert.Equal(reads, host.Store.KeyReads);
    }

    [Fact]
    public async Task BruteForce_AfterTheBurst_Is429WhileAGoodKeyPasses()
    {
        await using var host = await ApiHost.StartAsync();
        for (var i = 0; i < AuthenticationThrottle.Burst; i++)
        {
            await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer guess" + i), 401, "key_required");
        }

        var response = await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer guess");
        await ApiHost.ProblemAsync(response, 429, "too_many_failures");
        Assert.Equal("3", response.Headers.GetValues("Retry-After").Single());
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/v1/events")).StatusCode);
        Assert.Single(host.Log.Lines, line => line.Id.Id == 4000);

        host.Time.Advance(AuthenticationThrottle.Refill);
        await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer guess"), 401, "key_required");
    }

    [Fact]
    public async Task BruteForce_FromTheOwnersAddress_LetsTheChosenKeyPass()
    {
        const string Chosen = "crk_case_admin_key_0123456789abcdef";
        await using var host = await ApiHost.StartAsync(adminKey: Chosen);
        for (var i = 0; i < AuthenticationThrottle.Burst; i++)
        {
            await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer guess" + i);
        }

        await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer guess"), 429, "too_many_failures");
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer " + Chosen)).StatusCode);
    }

    [Fact]
    public async Task BruteForce_FromMoreAddressesThanThereIsRoomFor_LetsEveryRightKeyPass()
    {
        const string Chosen = "crk_case_admin_key_0123456789abcdef";
        await using var host = await ApiHost.StartAsync(adminKey: Chosen);
        var throttle = host.App.Services.GetRequiredService<AuthenticationThrottle>();
        for (var i = 0; i < AuthenticationThrottle.MaxAddresses + AuthenticationThrottle.Burst; i++)
        {
            throttle.Fail(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
        }

        Assert.NotEqual(TimeSpan.Zero, throttle.Wait(null));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer " + Chosen)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/v1/events")).StatusCode);
    }

    [Theory]
    [InlineData("canary-short", "CARRICK_ADMIN_KEY must have at least 24 characters.")]
    [InlineData("passwordcanarypasswordcanary", "CARRICK_ADMIN_KEY repeats itself: it must have at least 24 characters that do not.")]
    public async Task Start_AdminKeyThatCanBeGuessed_IsRefusedWithoutShowingIt(string key, string begin)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => ApiHost.StartAsync(adminKey: key));
        Assert.StartsWith(begin, Assert.Single(exception.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_InLogAndAnswers_AreNeverShown()
    {
        await using var host = await ApiHost.StartAsync(adminKey: "canary-admin-key-0123456789");
        var guess = await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer canary-guess");
        await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer canary-admin-key-0123456789");
        Assert.DoesNotContain("canary", await guess.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log.Lines, line => line.Text.Contains("canary", StringComparison.Ordinal) || line.Text.Contains("ck_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HostRoutes_OwnAuthorization_IsLeftAlone()
    {
        await using var host = await ApiHost.StartAsync(more: builder =>
        {
            builder.Services.AddAuthentication();
            builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build());
        });
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/v1/events")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/health/live", null)).StatusCode);
    }

    [Fact]
    public void RequireApiScope_UnknownScope_Throws()
    {
        var app = WebApplication.CreateBuilder().Build();
        Assert.Throws<ArgumentException>(() => app.MapGet("/x", () => "x").RequireApiScope("root"));
    }

    private static IEnumerable<(HttpMethod Method, string Path)> Routes(ApiHost host) =>
        from endpoint in host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        let path = string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
            string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))))
        select (HttpMethod.Parse(method), "/" + path);
}
