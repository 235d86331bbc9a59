using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Carrick.Tests.Structure;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class ServerApiTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-server-api");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task OpenApi_OfTheServer_IsThePublishedOne()
    {
        await using var server = await StartAsync();
        var actual = await ReadAsync(await SendAsync(server, HttpMethod.Get, "/openapi/v1.json")) + "\n";
        var path = Path.Combine(Repository.Root, "docs/contracts/openapi-server-v1.json");
        if (Environment.GetEnvironmentVariable("CARRICK_UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
            return;
        }

        var approved = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var difference = Snapshot.Difference(approved.ReplaceLineEndings("\n"), actual.ReplaceLineEndings("\n"));
        Assert.True(difference.Length == 0, $"If the change is meant, run the tests with CARRICK_UPDATE_SNAPSHOTS=1 and commit docs/contracts/openapi-server-v1.json.\n{difference}");
    }

    [Theory]
    [InlineData("/v1/config", "get", "getConfiguration", "application/yaml")]
    [InlineData("/v1/config", "put", "putConfiguration", "application/json")]
    [InlineData("/v1/diagnostics", "get", "getDiagnostics", "application/json")]
    public async Task OpenApi_RoutesOfTheServer_AreDescribed(string path, string method, string id, string mediaType)
    {
        await using var server = await StartAsync();
        var document = JsonDocument.Parse(await ReadAsync(await SendAsync(server, HttpMethod.Get, "/openapi/v1.json"))).RootElement;

        var operation = document.GetProperty("paths").GetProperty(path).GetProperty(method);

        Assert.Equal(id, operation.GetProperty("operationId").GetString());
        Assert.True(operation.GetProperty("responses").GetProperty("200").GetProperty("content").TryGetProperty(mediaType, out _));
        Assert.True(operation.GetProperty("responses").GetProperty("401").GetProperty("content").TryGetProperty("application/problem+json", out _));
    }

    [Theory]
    [InlineData("GET", "/v1/config", null, 404, "not_found")]
    [InlineData("GET", "/v1/config?x=1", null, 400, "bad_request")]
    [InlineData("GET", "/v1/diagnostics?x=1", null, 400, "bad_request")]
    [InlineData("PUT", "/v1/config?dryRun=yes&x=1&file=a&file=b", "integrations: {}", 400, "bad_request")]
    [InlineData("PUT", "/v1/config?file=c.yaml", "retries: 3", 400, "invalid_configuration")]
    public async Task Config_BadRequest_IsAnsweredLikeTheRestOfTheApi(string method, string path, string? body, int status, string code)
    {
        await using var server = await StartAsync();
        var response = await SendAsync(server, new HttpMethod(method), path, body);

        AssertProblem(response, status);
        var problem = JsonDocument.Parse(await ReadAsync(response)).RootElement;
        Assert.Equal((status, code), (problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString()));
        Assert.Equal("urn:carrick:problem:" + code, problem.GetProperty("type").GetString());
        Assert.Equal(response.Headers.GetValues("Request-Id").Single(), problem.GetProperty("requestId").GetString());
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("True")]
    [InlineData("")]
    [InlineData("true&dryRun=true")]
    public async Task Config_DryRunIsNoFlag_IsRefusedAndChangesNothing(string word)
    {
        await using var server = await StartAsync();

        var response = await SendAsync(server, HttpMethod.Put, "/v1/config?dryRun=" + word, "integrations: {}");

        AssertProblem(response, 400);
        Assert.Equal("dryRun", JsonDocument.Parse(await ReadAsync(response)).RootElement.GetProperty("errors")[0].GetProperty("parameter").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(server, HttpMethod.Get, "/v1/config")).StatusCode);
    }

    [Theory]
    [InlineData("true", false)]
    [InlineData("false", true)]
    public async Task Config_DryRun_DecidesWhetherItIsApplied(string word, bool applied)
    {
        await using var server = await StartAsync();

        var response = await SendAsync(server, HttpMethod.Put, "/v1/config?dryRun=" + word, "integrations: {}");

        Assert.Equal(applied, JsonDocument.Parse(await ReadAsync(response)).RootElement.GetProperty("applied").GetBoolean());
        Assert.Equal(applied ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await SendAsync(server, HttpMethod.Get, "/v1/config")).StatusCode);
    }

    [Fact]
    public async Task Config_NotValid_NamesFileLineAndKey()
    {
        await using var server = await StartAsync();
        var problem = JsonDocument.Parse(await ReadAsync(await SendAsync(server, HttpMethod.Put, "/v1/config?file=c.yaml", "integrations: {}\nretries: 3"))).RootElement;

        var error = problem.GetProperty("errors").EnumerateArray().Single();

        Assert.Equal(("c.yaml", 2, "retries"), (error.GetProperty("file").GetString(), error.GetProperty("line").GetInt32(), error.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task Config_TooLong_Is413()
    {
        await using var server = await StartAsync();
        AssertProblem(await SendAsync(server, HttpMethod.Put, "/v1/config", new string('#', (1024 * 1024) + 1)), 413);
    }

    [Fact]
    public async Task Config_Applied_IsShownAsItCame()
    {
        await using var server = await StartAsync();
        const string Yaml = "# mine\nintegrations: {}\n";
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Put, "/v1/config", Yaml)).StatusCode);

        var shown = await SendAsync(server, HttpMethod.Get, "/v1/config");

        Assert.Equal((Yaml, "application/yaml"), (await ReadAsync(shown), shown.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Diagnostics_RunningServer_SaysSo()
    {
        await using var server = await StartAsync();
        var shown = JsonDocument.Parse(await ReadAsync(await SendAsync(server, HttpMethod.Get, "/v1/diagnostics"))).RootElement;
        Assert.Equal(("running", 0), (shown.GetProperty("state").GetString(), shown.GetProperty("unknownConsumers").GetArrayLength()));
    }

    [Theory]
    [InlineData("/v1/config")]
    [InlineData("/v1/diagnostics")]
    public async Task Server_WithoutAKey_Is401(string path)
    {
        await using var server = await StartAsync();
        using var http = new HttpClient();
        AssertProblem(await http.GetAsync(new Uri(server.Url + path), TestContext.Current.CancellationToken), 401);
    }

    private static void AssertProblem(HttpResponseMessage response, int status)
    {
        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    private static Task<string> ReadAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    private static async Task<HttpResponseMessage> SendAsync(ServerHost server, HttpMethod method, string path, string? body = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, server.Url + path) { Content = body is null ? null : new StringContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.AdminKey);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private Task<ServerHost> StartAsync() => ServerHost.StartAsync(_directory.FullName);
}
