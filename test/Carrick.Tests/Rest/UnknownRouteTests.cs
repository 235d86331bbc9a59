using System.Net;
using Carrick.Authentication;

namespace Carrick.Tests.Rest;

/// <summary>Paths and methods that the API does not have.</summary>
public sealed class UnknownRouteTests
{
    [Theory]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("POST", "/v1/nothing/at/all")]
    [InlineData("GET", "/v1")]
    [InlineData("GET", "/v1/events/evt_1/payload/x")]
    public async Task Send_UnknownPath_IsNotFound(string method, string path)
    {
        await using var host = await ApiHost.StartAsync();
        var problem = await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Parse(method), path, ApiScope.Read), 404, "not_found");
        Assert.Equal($"'{path}' is unknown.", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("DELETE", "/v1/events", "GET, POST")]
    [InlineData("PUT", "/v1/deliveries/dlv_1/retry", "POST")]
    [InlineData("POST", "/v1/audit", "GET")]
    [InlineData("PATCH", "/v1/keys/key_1", "DELETE")]
    public async Task Send_OtherMethod_IsNotAllowedAndNamesThoseThatAre(string method, string path, string allow)
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.SendAsync(HttpMethod.Parse(method), path, ApiScope.Read);
        await ApiHost.ProblemAsync(response, 405, "method_not_allowed");
        Assert.Equal(allow, string.Join(", ", response.Content.Headers.Allow));
    }

    [Theory]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("DELETE", "/v1/events")]
    public async Task Send_WithoutAKey_IsToldNothing(string method, string path)
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.SendAsync(HttpMethod.Parse(method), path, null);
        await ApiHost.ProblemAsync(response, 401, "key_required");
        Assert.Empty(response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Send_UnderAPrefix_IsTheSame()
    {
        await using var host = await ApiHost.StartAsync(prefix: "/carrick");
        await ApiHost.ProblemAsync(await host.GetAsync("/carrick/v1/nothing"), 404, "not_found");
        var response = await host.SendAsync(HttpMethod.Delete, "/carrick/v1/events");
        await ApiHost.ProblemAsync(response, 405, "method_not_allowed");
        Assert.Equal(["GET", "POST"], response.Content.Headers.Allow);
        Assert.Equal(HttpStatusCode.NotFound, (await host.GetAsync("/v1/nothing")).StatusCode);
    }
}
