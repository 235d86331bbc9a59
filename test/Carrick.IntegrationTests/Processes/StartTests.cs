using System.Net;
using System.Net.Http.Headers;

namespace Carrick.IntegrationTests.Processes;

/// <summary>How the executable starts, and what it says when it cannot.</summary>
public sealed class StartTests : IDisposable
{
    private const string KeyLine = "Admin API key, shown this once: ";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-start-");

    private string Data => Path.Combine(_directory.FullName, "data");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Start_First_PrintsAKeyThatWorksAndTheSecondPrintsNone()
    {
        string key;
        await using (var first = await Serve().ReadyAsync())
        {
            key = first.Output.Split('\n').Single(line => line.StartsWith(KeyLine, StringComparison.Ordinal))[KeyLine.Length..].Trim();
            Assert.Equal(HttpStatusCode.OK, await AskAsync(first, key));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(first, key + "X"));
            first.Terminate();
            Assert.Equal(0, await first.ExitAsync());
        }

        await using var second = await Serve().ReadyAsync();

        Assert.DoesNotContain(KeyLine, second.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(second, key));
    }

    [Fact]
    public async Task Start_AdminKeyOfTheEnvironment_WorksAndIsNotPrinted()
    {
        await using var server = await Serve(("CARRICK_ADMIN_KEY", Station.AdminKey)).ReadyAsync();

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Station.AdminKey));
        Assert.DoesNotContain("ck_", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NoMigrateOnAnEmptyDirectory_FailsInOneLine()
    {
        var (code, output) = await RunAsync([], "serve", "--urls", "http://127.0.0.1:0", "--data", Data, "--no-migrate");

        Assert.Equal(1, code);
        AssertOneError(output);
    }

    [Fact]
    public async Task Data_OfArgumentEnvironmentAndFile_TheFirstOfThemCounts()
    {
        await WriteSettingsAsync("""{ "Carrick": { "Data": "file" } }""");

        Assert.Equal(0, (await RunAsync([], "migrate")).Code);
        Assert.Equal(["file"], Directories());
        Assert.Equal(0, (await RunAsync([("CARRICK__DATA", "environment")], "migrate")).Code);
        Assert.Equal(["environment", "file"], Directories());
        Assert.Equal(0, (await RunAsync([("CARRICK__DATA", "environment")], "migrate", "--data", "argument")).Code);
        Assert.Equal(["argument", "environment", "file"], Directories());
        Assert.Equal(0, (await RunAsync([("CARRICK__DATA", "")], "migrate", "--data", "")).Code);
        Assert.Equal(["argument", "environment", "file"], Directories());
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("migrate")]
    [InlineData("doctor")]
    public async Task Settings_ThatCannotBeUsed_EndInOneLineWithTheKey(string command)
    {
        foreach (var (name, value) in new[]
        {
            ("CARRICK__MIGRATE", "canary"),
            ("ConnectionStrings__Carrick", "Data Source=x;Canary=canary"),
            ("ConnectionStrings__Carrick", "Host=canary;Password=canary"),
        })
        {
            var (code, output) = await RunAsync([(name, value)], command);

            Assert.Equal(2, code);
            Assert.Contains(name, output, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", output, StringComparison.OrdinalIgnoreCase);
            AssertOneError(output);
        }

        await WriteSettingsAsync("{\n  \"Canary\": canary\n}");
        var (ofFile, line) = await RunAsync([], command);
        Assert.Equal(2, ofFile);
        Assert.Contains("appsettings.json", line, StringComparison.Ordinal);
        Assert.Contains("line 2", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", line, StringComparison.OrdinalIgnoreCase);
        AssertOneError(line);
    }

    [Fact]
    public async Task Options_ThatCannotBeUsed_AreAllReportedWithTheirKeys()
    {
        var (code, output) = await RunAsync(
            [("CARRICK__ENGINE__COMMITBATCH", "0"), ("CARRICK__DELIVERY__CONNECTTIMEOUT", "00:00:00"), ("CARRICK_ADMIN_KEY", Station.AdminKey)],
            "serve", "--urls", "http://127.0.0.1:0", "--data", Data);

        Assert.Equal(2, code);
        Assert.Contains("Carrick:Engine:CommitBatch must be 1 to 10,000.", output, StringComparison.Ordinal);
        Assert.Contains("Carrick:Delivery:ConnectTimeout must be over 0 and at most 10 minutes.", output, StringComparison.Ordinal);
        AssertOneError(output);
    }

    private static void AssertOneError(string output)
    {
        Assert.Single(output.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", output, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> AskAsync(ServerProcess server, string key)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "v1/keys"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private IEnumerable<string> Directories() => _directory.GetDirectories().Select(directory => directory.Name).Order(StringComparer.Ordinal);

    private Task WriteSettingsAsync(string json) => File.WriteAllTextAsync(Path.Combine(_directory.FullName, "appsettings.json"), json, TestContext.Current.CancellationToken);

    private ServerProcess Serve(params (string Name, string Value)[] environment) => Start(environment, "serve", "--urls", "http://127.0.0.1:0", "--data", Data);

    private ServerProcess Start((string Name, string Value)[] environment, params string[] arguments) =>
        ServerProcess.StartIn(_directory.FullName, environment.ToDictionary(variable => variable.Name, variable => variable.Value), arguments);

    private async Task<(int Code, string Output)> RunAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        await using var process = Start(environment, arguments);
        return (await process.ExitAsync(), process.Output);
    }
}
