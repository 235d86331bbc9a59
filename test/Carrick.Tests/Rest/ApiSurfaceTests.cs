using System.Net;
using System.Text.Json;
using Carrick.Authentication;
using Carrick.Hosting;
using Carrick.Problems;
using Carrick.Tests.Structure;

namespace Carrick.Tests.Rest;

public sealed class ApiSurfaceTests
{
    [Fact]
    public async Task OpenApi_Document_IsThePublishedOne()
    {
        await using var host = await ApiHost.StartAsync();
        var actual = await (await host.GetAsync("/openapi/v1.json", null)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken) + "\n";
        var path = Path.Combine(Repository.Root, "docs/contracts/openapi-v1.json");
        if (Environment.GetEnvironmentVariable("CARRICK_UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
            return;
        }

        var approved = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var difference = Snapshot.Difference(approved.ReplaceLineEndings("\n"), actual.ReplaceLineEndings("\n"));
        Assert.True(difference.Length == 0, $"If the change is meant, run the tests with CARRICK_UPDATE_SNAPSHOTS=1 and commit docs/contracts/openapi-v1.json.\n{difference}");
    }

    [Fact]
    public async Task OpenApi_EveryOperation_IsDocumented()
    {
        await using var host = await ApiHost.StartAsync();
        var document = await ApiHost.JsonAsync(await host.GetAsync("/openapi/v1.json", null));
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(item => item.Value).ToArray();
        Assert.True(operations.Length >= 20, $"{operations.Length} operations");
        Assert.Equal(operations.Length, operations.Select(item => item.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.All(operations, operation =>
        {
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()));
            foreach (var status in new[] { "400", "401", "403", "429", "500", "503" })
            {
                var content = operation.GetProperty("responses").GetProperty(status).GetProperty("content").GetProperty("application/problem+json");
                Assert.True(content.TryGetProperty("example", out _));
            }
        });
    }

    [Fact]
    public async Task OpenApi_Yaml_IsServed()
    {
        await using var host = await ApiHost.StartAsync();
        var text = await (await host.GetAsync("/openapi/v1.yaml", null)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("openapi: '3.1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Docs_Page_AsksNobodyElse()
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.GetAsync("/docs", null);
        if (response.Headers.Location is { } location)
        {
            response = await host.GetAsync(new Uri(new Uri("http://localhost/docs"), location).PathAndQuery, null);
        }

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotMatch("(src|href)=\"https?://", text);
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EngineState.Running, null, 200, "ready")]
    [InlineData(EngineState.Degraded, "The disk is full.", 503, "degraded")]
    [InlineData(EngineState.Starting, null, 503, "starting")]
    [InlineData(EngineState.Stopping, null, 503, "stopping")]
    [InlineData(EngineState.Stopped, "The store failed.", 503, "stopped")]
    public async Task Ready_State_DecidesTheAnswer(EngineState state, string? problem, int status, string word)
    {
        await using var host = await ApiHost.StartAsync();
        (host.Engine.State, host.Engine.Problem) = (state, problem);
        var response = await host.GetAsync("/health/ready", null);
        Assert.Equal(status, (int)response.StatusCode);
        var body = await ApiHost.JsonAsync(response);
        Assert.Equal((word, problem), (body.GetProperty("status").GetString(), body.GetProperty("problem").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/health/live", null)).StatusCode);
    }

    [Fact]
    public async Task Metrics_FailedAuthentication_IsCounted()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer nope");
        var text = await (await host.GetAsync("/metrics", null)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("carrick_security_auth_failures", text, StringComparison.Ordinal);
        Assert.Contains("reason=\"malformed\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_NotAnonymous_NeedAKey()
    {
        await using var host = await ApiHost.StartAsync(options => options.AnonymousMetrics = false);
        await ApiHost.ProblemAsync(await host.GetAsync("/metrics", null), 401, "key_required");
        Assert.Equal(HttpStatusCode.OK, (await host.GetAsync("/metrics", ApiScope.Read)).StatusCode);
    }

    [Fact]
    public void ProblemCodes_List_IsApproved() =>
        Snapshot.Match("problem-codes", ProblemCode.All.Select(code => $"{code.Status} {code.Type} {code.Title}"));
}
