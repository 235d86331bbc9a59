using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Carrick.Signatures;
using Carrick.Tests.Engine;
using Xunit;

namespace Carrick.Tests.Cli;

/// <summary>A configuration that is applied while webhooks come in.</summary>
public sealed class ReloadTests : IAsyncLifetime
{
    private const string Secret = "whsec_of_reload_tests_0123456789";
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler());
    private ServerHost _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ServerHost.StartAsync(_folder.Path);
        await ApplyAsync("1MiB");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Apply_BetweenTwoCopies_SecondIsADuplicate()
    {
        var (_, first) = await PostAsync("evt_1", Secret);
        await ApplyAsync("2MiB");
        var (status, second) = await PostAsync("evt_1", Secret);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(second.GetProperty("duplicate").GetBoolean());
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Apply_InALoopUnderLoad_ForgedGet400AndGenuine200()
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var applying = Task.Run(
            async () =>
            {
                var applied = 0;
                for (; !done.IsCancellationRequested; applied++)
                {
                    await ApplyAsync(applied % 2 == 0 ? "2MiB" : "1MiB");
                }

                return applied;
            },
            Token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async sender =>
        {
            List<(bool Forged, HttpStatusCode Status)> seen = [];
            for (var i = 0; i < 100; i++)
            {
                var forged = i % 5 == 0;
                var (status, _) = await PostAsync($"evt_{sender}_{i}", forged ? Secret + "x" : Secret);
                seen.Add((forged, status));
            }

            return seen;
        }));
        await done.CancelAsync();

        Assert.True(await applying > 1);
        Assert.All(answers.SelectMany(list => list), answer => Assert.Equal(answer.Forged ? HttpStatusCode.BadRequest : HttpStatusCode.OK, answer.Status));
    }

    private async Task ApplyAsync(string maxBody)
    {
        var yaml = $$"""
            integrations:
              billing:
                receive: { scheme: stripe, secrets: ["{{Secret}}"], maxBody: {{maxBody}} }
                deliver:
                  - { name: orders, url: "http://127.0.0.1:9/", retry: { base: 1h } }
            """;
        using var request = new HttpRequestMessage(HttpMethod.Put, _server.Url + "/v1/config") { Content = new StringContent(yaml, Encoding.UTF8, "application/yaml") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _server.AdminKey);
        using var response = await _client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string id, string secret)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","type":"invoice.paid"}""");
        Assert.True(WebhookScheme.TryGet("stripe", out var scheme));
        var signed = WebhookSigner.Sign(scheme!, secret, new WebhookMessage { Body = body, Time = TimeProvider.System.GetUtcNow() });
        using var request = new HttpRequestMessage(HttpMethod.Post, _server.Url + "/webhooks/billing") { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in signed.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await _client.SendAsync(request, Token);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement);
    }
}
