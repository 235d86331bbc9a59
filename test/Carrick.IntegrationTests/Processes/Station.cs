using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Carrick.Signatures;
using Microsoft.Data.Sqlite;

namespace Carrick.IntegrationTests.Processes;

/// <summary>A data directory, a receiver, and the servers that are started on the directory one after another.</summary>
internal sealed class Station : IAsyncDisposable
{
    public const string AdminKey = "ck_0123456789ABCDEFGHJKMNPQRS_ABCDEF";
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-process-");
    private readonly List<ServerProcess> _servers = [];

    private Station(Receiver receiver) => (Receiver, Data) = (receiver, Path.Combine(_directory.FullName, "data"));

    public Receiver Receiver { get; }

    public string Folder => _directory.FullName;

    public string Data { get; set; }

    public string Database => Path.Combine(Data, "carrick.db");

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["CARRICK_ADMIN_KEY"] = AdminKey,
        ["RECEIVING_SECRET"] = Secret,
        ["SIGNING_SECRET"] = "whsec_dGVzdCBvZiB0aGUgc2VydmVyIGFzIGEgcHJvY2Vzcw==",
    };

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1) }) { Timeout = Patience };

    /// <summary>A configuration in place of the usual one.</summary>
    public string? Config { get; set; }

    public string Limits { get; set; } = "shutdownGrace: 1s";

    public string Retry { get; set; } = "{ attempts: 3, base: 100ms, cap: 500ms }";

    public static async Task<Station> CreateAsync() => new(await Receiver.StartAsync());

    /// <summary>Starts a server on the directory and waits until it listens.</summary>
    public async Task<ServerProcess> StartAsync() => await Launch().ReadyAsync();

    /// <summary>Starts a server on the directory.</summary>
    public ServerProcess Launch()
    {
        var server = ServerProcess.Start(Environment, "serve", "--urls", "http://127.0.0.1:0", "--data", Data, "--config", WriteConfig());
        _servers.Add(server);
        return server;
    }

    /// <summary>Runs another command to its end and returns its exit code and output.</summary>
    public async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = ServerProcess.Start(Environment, arguments);
        return (await process.ExitAsync(), process.Output);
    }

    public async Task<HttpResponseMessage> SendAsync(ServerProcess server, string id, string? body = null, string secret = Secret)
    {
        var bytes = Encoding.UTF8.GetBytes(body ?? $$"""{"type":"invoice.paid","id":"{{id}}"}""");
        var signed = WebhookSigner.Sign(
            WebhookScheme.StandardWebhooks, secret, new WebhookMessage { Body = bytes, Time = TimeProvider.System.GetUtcNow(), Id = id, Type = "invoice.paid" });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Url, "/webhooks/billing")) { Content = new ByteArrayContent(bytes) };
        foreach (var (name, value) in signed.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends an event that must be accepted, and returns its id, which the receiver gets as <c>webhook-id</c>.</summary>
    public async Task<string> AcceptAsync(ServerProcess server, string id)
    {
        using var answer = await SendAsync(server, id);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, server.Output);
        return await IdAsync(answer);
    }

    public static async Task<string> IdAsync(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return body.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>What <c>/health/ready</c> answers.</summary>
    public async Task<(HttpStatusCode Status, string? State, string? Problem)> ReadinessAsync(ServerProcess server)
    {
        using var answer = await Http.GetAsync(new Uri(server.Url, "/health/ready"), TestContext.Current.CancellationToken);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (answer.StatusCode, body.RootElement.GetProperty("status").GetString(), body.RootElement.TryGetProperty("problem", out var problem) ? problem.GetString() : null);
    }

    /// <summary>Calls the REST API with the admin key.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> ApiAsync(ServerProcess server, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(server.Url, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (answer.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default);
    }

    /// <summary>Reads a number from a database of the directory.</summary>
    public long Count(string sql, string? database = null)
    {
        using var connection = new SqliteConnection($"Data Source={database ?? Database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? patience = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > (patience ?? Patience))
            {
                Assert.Fail("Timed out: " + what());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<bool> condition, Func<string> what, TimeSpan? patience = null) => UntilAsync(() => Task.FromResult(condition()), what, patience);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        Http.Dispose();
        await Receiver.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private string WriteConfig()
    {
        var file = Path.Combine(Folder, "carrick.yaml");
        File.WriteAllText(file, Config ?? $$"""
            integrations:
              billing:
                receive: { scheme: standard-webhooks, secrets: "${RECEIVING_SECRET}" }
                deliver:
                  - name: orders
                    url: "{{Receiver.Url}}/orders"
                    concurrency: 64
                    retry: {{Retry}}
                    signing: { secret: "${SIGNING_SECRET}" }
            limits: { {{Limits}} }
            """);
        return file;
    }
}
