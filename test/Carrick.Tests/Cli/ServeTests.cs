using System.Text.Json;
using Carrick.Server.Cli;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class ServeTests : IDisposable
{
    private const string Yaml = """
        integrations:
          billing:
            receive: { scheme: stripe, secrets: "${STRIPE}" }
            deliver: [{ name: orders, url: "http://127.0.0.1:1/x", retry: { attempts: 1 } }]
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-serve");

    private string Data => Path.Combine(_directory.FullName, "data");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Apply_ThenRestart_OpensTheSameConfigurationWithoutItsSecrets()
    {
        const string Canary = "whsec_canary0123456789abcdef0123456789";
        string key;
        await using (var first = await ServerHost.StartAsync(Data, null, ("STRIPE", Canary)))
        {
            key = first.AdminKey!;
            var applied = await CliRun.ExecuteAsync(first.Url, key, ["apply", "-f", Write(Yaml), "--output", "json"]);
            Assert.True(JsonDocument.Parse(applied.Output).RootElement.GetProperty("applied").GetBoolean(), applied.ToString());
        }

        await using var second = await ServerHost.StartAsync(Data, null, ("STRIPE", Canary));

        Assert.Null(second.AdminKey);
        var endpoints = await CliRun.ExecuteAsync(second.Url, key, ["endpoints", "list"]);
        Assert.Contains("billing/orders", endpoints.Output, StringComparison.Ordinal);
        foreach (var file in _directory.GetFiles("*", SearchOption.AllDirectories).Where(file => file.Name != "carrick.yaml" && !file.Name.EndsWith(".lock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(Canary, await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Apply_NotValid_ChangesNothingAndShowsLineAndKey()
    {
        await using var server = await ServerHost.StartAsync(Data, Write(Yaml), ("STRIPE", "whsec_0123456789abcdef0123456789abcdef"));

        var run = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["apply", "-f", Write("integrations: {}\nretries: 3\nlimits: { writeQueue: 1 }")]);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("carrick.yaml:2:1: retries: Unknown key.", run.Error, StringComparison.Ordinal);
        Assert.Contains("carrick.yaml:3:23: limits.writeQueue: '1' is out of range.", run.Error, StringComparison.Ordinal);
        Assert.Contains("billing/orders", (await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["endpoints", "list"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_DryRun_ChangesNothing()
    {
        await using var server = await ServerHost.StartAsync(Data, null, ("STRIPE", "whsec_0123456789abcdef0123456789abcdef"));

        var run = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["apply", "-f", Write(Yaml), "--dry-run", "--output", "json"]);

        Assert.False(JsonDocument.Parse(run.Output).RootElement.GetProperty("applied").GetBoolean());
        Assert.Equal("none", (await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["endpoints", "list"])).Output.Trim());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Apply_OrderOfARunningEndpointChanges_IsRefusedWithLineAndKeyAlsoAsADryRun(bool dryRun)
    {
        const string Ordered = """
            integrations:
              a:
                deliver:
                  - { name: x, url: "http://127.0.0.1:1/x", order: subject }
                  - { name: y, url: "http://127.0.0.1:1/y" }
            """;
        await using var server = await ServerHost.StartAsync(Data, Write(Ordered));
        var changed = Ordered.Replace(", order: subject", "", StringComparison.Ordinal).Replace("1/y\"", "1/y\", order: subject", StringComparison.Ordinal);

        var run = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["apply", "-f", Write(changed), .. dryRun ? new[] { "--dry-run" } : []]);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Equal(
            [
                "carrick.yaml:4:9: integrations.a.deliver[0].order: The order cannot change while the endpoint runs. Restart the server with this configuration, or give the endpoint another name.",
                "carrick.yaml:5:56: integrations.a.deliver[1].order: The order cannot change while the endpoint runs. Restart the server with this configuration, or give the endpoint another name.",
            ],
            run.Error.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("carrick.yaml", StringComparison.Ordinal)));
        Assert.Equal(ExitCodes.Ok, (await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["apply", "-f", Write(Ordered), "--dry-run"])).ExitCode);
    }

    [Fact]
    public async Task Apply_WithLesserKeys_IsRefused()
    {
        await using var server = await ServerHost.StartAsync(Data);
        var made = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["keys", "create", "ops", "--scope", "operate", "--output", "json"]);
        var key = JsonDocument.Parse(made.Output).RootElement.GetProperty("key").GetString();

        foreach (var weak in new[] { key, null })
        {
            Assert.Equal(ExitCodes.NotAuthorised, (await CliRun.ExecuteAsync(server.Url, weak, ["apply", "-f", Write("integrations: {}")])).ExitCode);
        }
    }

    [Fact]
    public async Task Send_ThenLook_ShowsTheEventAndItsDeadLetter()
    {
        var secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        await using var server = await ServerHost.StartAsync(Data, Write(Yaml), ("STRIPE", secret));
        Task<CliRun> Run(params string[] args) => CliRun.ExecuteAsync(server.Url, server.AdminKey, args);

        var sent = await Run("send", "stripe", "--to", server.Url + "/webhooks/billing", "--secret-env", "SECRET");

        Assert.True(sent.ExitCode == ExitCodes.Ok, sent.ToString());
        Assert.Contains("invoice.paid", (await Run("events", "list")).Output, StringComparison.Ordinal);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(await Run("dead-letters", "list")).Output.Contains("billing/orders", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, timeout.Token);
        }

        Assert.Equal(ExitCodes.Failure, (await Run("doctor", "--data", Data)).ExitCode);
    }

    private string Write(string yaml)
    {
        var file = Path.Combine(_directory.FullName, "carrick.yaml");
        File.WriteAllText(file, yaml);
        return file;
    }
}
