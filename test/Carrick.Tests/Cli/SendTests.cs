using Carrick.Server.Cli;
using Carrick.Signatures;
using Xunit;

namespace Carrick.Tests.Cli;

/// <summary>What <c>send</c> signs, a server of ours accepts.</summary>
public sealed class SendTests : IDisposable
{
    private const string Scheme = """
        name: acme
        kind: mac
        algorithm: hmac-sha256
        signature: { header: x-acme-signature, grammar: list, separator: ",", assign: "=", item: v1, encoding: hex }
        content: "{sig.t}.{body}"
        timestamp: { source: sig.t, format: unix-s, tolerance: 300 }
        event: { id: json.id, type: json.event }
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-send");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>Every way to sign of every scheme.</summary>
    public static TheoryData<string, string> Alternatives
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var scheme in WebhookScheme.All)
            {
                foreach (var alternative in scheme.Alternatives.Where(alternative => alternative != "v1a"))
                {
                    data.Add(scheme.Name, alternative);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Alternatives))]
    public async Task Send_Alternative_IsAcceptedWhereOnlyItIs(string scheme, string alternative)
    {
        await using var server = await StartAsync($"scheme: {scheme}, accept: [{alternative}]", scheme == "basic" ? "BASIC" : "SECRET");

        var run = await CliRun.ExecuteAsync(
            server.Url, server.AdminKey, ["send", scheme, "--alternative", alternative, "--to", server.Url + "/webhooks/a", "--secret-env", scheme == "basic" ? "BASIC" : "SECRET"]);

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("200 ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_SchemeOfAFile_IsAcceptedByTheServerThatHasIt()
    {
        var file = Path.Combine(_directory.FullName, "acme.yaml");
        await File.WriteAllTextAsync(file, Scheme, TestContext.Current.CancellationToken);
        await using var server = await StartAsync(
            "scheme: { " + string.Join(", ", Scheme.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) + " }", "SECRET");

        var run = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["send", "--scheme-file", file, "--to", server.Url + "/webhooks/a", "--secret-env", "SECRET"]);

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("200 ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_SchemeOfAFileIsNotValid_NamesLineAndKey()
    {
        var file = Path.Combine(_directory.FullName, "acme.yaml");
        await File.WriteAllTextAsync(file, Scheme.Replace("kind: mac", "kind: mca", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var run = await CliRun.ExecuteAsync("http://127.0.0.1:1", CliRun.Key, ["send", "--scheme-file", file, "--to", "http://127.0.0.1:1/", "--secret-env", "SECRET"]);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("acme.yaml:2:7: kind: 'mca' is not one of mac, hash, ed25519, token, basic.", run.Error, StringComparison.Ordinal);
    }

    private Task<ServerHost> StartAsync(string receive, string variable)
    {
        var file = Path.Combine(_directory.FullName, "carrick.yaml");
        // HubSpot and Twilio sign the URL; send signs the one that it posts to, so the server must be told it before it listens.
        var port = FreePort.Take();
        File.WriteAllText(file, $"integrations: {{ a: {{ receive: {{ secrets: \"${{{variable}}}\", publicUrl: \"http://127.0.0.1:{port}/webhooks/a\", {receive} }} }} }}");
        return ServerHost.StartAsync(_directory.FullName, file, port, ("SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="), ("BASIC", "user:password-0123456789"));
    }
}
