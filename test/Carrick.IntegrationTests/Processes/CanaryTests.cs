using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Carrick.IntegrationTests.Processes;

/// <summary>Secrets with telling names go in everywhere; they must come out nowhere.</summary>
public sealed class CanaryTests
{
    private const string Plain = "canary-receiving-secret-0001";
    private const string PlainSigning = "canary-signing-secret-000002";
    private const string Header = "canary-header-value-03";
    private const string Query = "canary-query-token-04";
    private const string Payload = "canary-rejected-payload-05";
    private const string WrongKey = "ck_CANARYCANARYCANARYCANARY99_ABCDEF";
    private const string Inline = "canary-in-a-wrong-config-06";
    private const string Basic = "canary-basic-password-07";
    private const string Asked = "canary-query-of-a-caller-08";
    private static readonly string Receiving = "whsec_" + Convert.ToBase64String(Encoding.ASCII.GetBytes(Plain));
    private static readonly string Signing = "whsec_" + Convert.ToBase64String(Encoding.ASCII.GetBytes(PlainSigning));

    private readonly List<(string Where, string Text)> _seen = [];
    private readonly List<string> _canaries =
    [
        Plain, PlainSigning, Header, Query, Payload, WrongKey, Inline, Basic, Asked, Station.AdminKey,
        Receiving["whsec_".Length..].TrimEnd('='), Signing["whsec_".Length..].TrimEnd('='),
    ];

    [Fact]
    public async Task Secrets_OfEveryKind_AppearInNoLogAnswerMetricErrorOrFile()
    {
        await using var station = await Station.CreateAsync();
        Prepare(station);
        var server = await station.StartAsync();
        await DriveWebhooksAsync(station, server);
        await Station.UntilAsync(() => station.Count("SELECT count(*) FROM dead_letters") == 4 && station.Count("SELECT count(*) FROM outcomes") == 1, () => server.Output);
        await DriveApiAsync(station, server);
        await DriveCommandsAsync(station, server);
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
        _seen.Add(("the server's output", server.Output));
        foreach (var file in Directory.GetFiles(station.Data))
        {
            _seen.Add((Path.GetFileName(file), Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))));
        }

        // The test has looked at the right things: the log speaks of the failures, and the store holds what endpoints answered.
        Assert.Contains("trce:", server.Output, StringComparison.Ordinal);
        Assert.Contains("signature", server.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(_seen, seen => seen.Where.StartsWith("GET /v1/deliveries/dlv_", StringComparison.Ordinal) && seen.Text.Contains("[redacted]", StringComparison.Ordinal));
        var leaks =
            from seen in _seen
            from canary in _canaries
            let at = seen.Text.IndexOf(canary, StringComparison.OrdinalIgnoreCase)
            where at >= 0
            select $"{canary} in {seen.Where}: ...{seen.Text.Substring(Math.Max(0, at - 100), Math.Min(seen.Text.Length - Math.Max(0, at - 100), 160))}";
        Assert.True(!leaks.Any(), string.Join('\n', leaks));
    }

    private static void Prepare(Station station)
    {
        station.Environment["RECEIVING_SECRET"] = Receiving;
        station.Environment["SIGNING_SECRET"] = Signing;
        station.Environment["HEADER"] = Header;
        station.Environment["TOKEN"] = Query;
        station.Environment["BASIC"] = "user:" + Basic;
        station.Environment["Logging__LogLevel__Default"] = "Trace";
        station.Environment["Logging__LogLevel__Carrick"] = "Trace";
        station.Environment["Logging__LogLevel__Microsoft.AspNetCore.Routing"] = "Trace";
        station.Environment["Logging__LogLevel__Microsoft.AspNetCore.Server.Kestrel"] = "Trace";
        station.Config = $$"""
            integrations:
              billing:
                receive: { scheme: standard-webhooks, secrets: "${RECEIVING_SECRET}" }
                deliver:
            {{Endpoint("good", station.Receiver.Url)}}
            {{Endpoint("echo", station.Receiver.Url)}}
            {{Endpoint("hang", station.Receiver.Url)}}
            {{Endpoint("reset", station.Receiver.Url)}}
            {{Endpoint("closed", "http://127.0.0.1:1")}}
              basic:
                receive: { scheme: basic, secrets: "${BASIC}" }
            limits: { shutdownGrace: 1s }
            """;
        station.Receiver.Script = ReceiveAsync;
    }

    private static string Endpoint(string name, string url) =>
        $$"""
              - name: {{name}}
                url: "{{url}}/{{name}}?token=${TOKEN}"
                timeout: {{(name == "hang" ? "300ms" : "30s")}}
                retry: { attempts: 2, base: 50ms, cap: 50ms }
                headers: { X-Api-Key: "${HEADER}", Authorization: "Bearer ${HEADER}" }
                signing: { secret: "${SIGNING_SECRET}" }
        """;

    private static async Task ReceiveAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                break;
            case "/reset":
                context.Abort();
                break;
            case "/echo":
                // As many frameworks do with a page for developers.
                context.Response.StatusCode = 500;
                await context.Response.WriteAsync(
                    $"{context.Request.Path}{context.Request.QueryString}\n" + string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}")));
                break;
        }
    }

    private async Task DriveWebhooksAsync(Station station, ServerProcess server)
    {
        using (var good = await station.SendAsync(server, "good", secret: Receiving))
        {
            Assert.Equal(HttpStatusCode.OK, good.StatusCode);
            await KeepAsync("POST /webhooks/billing", good);
        }

        // Wrong secret, no signature, the secret itself as signature, unknown integration, wrong password, body too large.
        var body = $$"""{"type":"invoice.paid","note":"{{Payload}}"}""";
        using (var forged = await station.SendAsync(server, "forged", body, Station.Secret))
        {
            Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
            await KeepAsync("a forged webhook", forged);
        }

        await PostAsync(station, server, "/webhooks/billing", body, HttpStatusCode.BadRequest);
        await PostAsync(station, server, "/webhooks/billing?token=" + Asked, body, HttpStatusCode.BadRequest, ("webhook-id", Payload), ("webhook-timestamp", Payload), ("webhook-signature", "v1," + Receiving));
        await PostAsync(station, server, "/webhooks/unknown?token=" + Asked, body, HttpStatusCode.NotFound);
        await PostAsync(station, server, "/webhooks/basic", body, HttpStatusCode.BadRequest, ("Authorization", "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("other:" + Basic))));
        await PostAsync(station, server, "/webhooks/billing", body + new string('x', 1_100_000), HttpStatusCode.RequestEntityTooLarge);
        _canaries.Add(Convert.ToBase64String(Encoding.ASCII.GetBytes("other:" + Basic)));
    }

    private async Task DriveApiAsync(Station station, ServerProcess server)
    {
        var (status, made) = await station.ApiAsync(server, HttpMethod.Post, "/v1/keys", """{"name":"ops","scopes":["read"]}""");
        Assert.True(status == HttpStatusCode.Created, made.ToString());
        // Shown here, once, and nowhere else.
        _canaries.Add(made.GetProperty("key").GetString()!);

        var (_, document) = await station.ApiAsync(server, HttpMethod.Get, "/openapi/v1.json");
        var paths = document.GetProperty("paths").EnumerateObject()
            .Where(path => path.Value.TryGetProperty("get", out _)).Select(path => path.Name).ToList();
        var plain = paths.Where(path => !path.Contains('{', StringComparison.Ordinal)).ToList();
        Assert.True(plain.Count >= 6, string.Join(' ', plain));
        plain.AddRange(["/metrics", "/health/ready", "/health/live", "/v1/deliveries?state=" + Asked, "/v1/events?cursor=" + Asked]);
        foreach (var delivery in (await station.ApiAsync(server, HttpMethod.Get, "/v1/deliveries")).Body.GetProperty("data").EnumerateArray())
        {
            plain.Add("/v1/deliveries/" + delivery.GetProperty("id").GetString());
        }

        foreach (var item in (await station.ApiAsync(server, HttpMethod.Get, "/v1/events")).Body.GetProperty("data").EnumerateArray())
        {
            plain.Add("/v1/events/" + item.GetProperty("id").GetString());
        }

        foreach (var path in plain)
        {
            await GetAsync(station, server, path, Station.AdminKey);
            await GetAsync(station, server, path, WrongKey);
        }

        await PostAsync(station, server, "/v1/events", $$"""{"note":"{{Payload}}" wrong""", HttpStatusCode.BadRequest, ("Authorization", "Bearer " + Station.AdminKey));
    }

    private async Task DriveCommandsAsync(Station station, ServerProcess server)
    {
        var wrong = Path.Combine(station.Folder, "wrong.yaml");
        await File.WriteAllTextAsync(
            wrong,
            $$"""
            integrations:
              billing:
                receive: { scheme: standard-webhooks, secrets: "{{Inline}}" }
                deliver:
                  - { name: a, url: "ftp://user:{{Inline}}@127.0.0.1/x?token={{Inline}}", signing: { secret: "{{Inline}}" } }
                  - { name: b, url: "http://127.0.0.1:1/{{Inline}} x", headers: { Host: "{{Inline}}", "X-A": "{{Inline}}\n" }, retry: { attempts: "${TOKEN}" }, timeout: "${HEADER}" }
            """,
            TestContext.Current.CancellationToken);
        station.Environment["CARRICK_SERVER"] = server.Url.ToString();
        station.Environment["CARRICK_API_KEY"] = Station.AdminKey;
        foreach (var (code, arguments) in new (int, string[])[]
        {
            (0, ["events", "list"]), (0, ["deliveries", "list", "--output", "json"]), (0, ["dead-letters", "list"]), (0, ["keys", "list"]), (0, ["endpoints", "list", "--output", "json"]),
            (0, ["send", "standard-webhooks", "--to", new Uri(server.Url, "/webhooks/billing").ToString(), "--secret-env", "RECEIVING_SECRET"]),
            (1, ["send", "standard-webhooks", "--to", new Uri(server.Url, "/webhooks/basic").ToString(), "--secret-env", "RECEIVING_SECRET"]),
            (2, ["send", "stripe", "--to", new Uri(server.Url, "/webhooks/billing").ToString(), "--secret-env", "HEADER_THAT_IS_NOT_SET"]),
            (2, ["validate", wrong]), (2, ["apply", "-f", wrong]), (2, ["serve", "--urls", "http://127.0.0.1:0", "--data", Path.Combine(station.Folder, "other"), "--config", wrong]),
        })
        {
            var run = await station.RunAsync(arguments);
            Assert.True(run.Code == code, $"{string.Join(' ', arguments)}: {run.Code} {run.Output}");
            _seen.Add((string.Join(' ', arguments), run.Output));
        }

        station.Environment["CARRICK_API_KEY"] = WrongKey;
        var refused = await station.RunAsync("events", "list");
        Assert.Equal(4, refused.Code);
        _seen.Add(("a refused command", refused.Output));
        _seen.Add(("doctor", (await station.RunAsync("doctor", "--data", station.Data)).Output));
    }

    private async Task GetAsync(Station station, ServerProcess server, string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await station.Http.SendAsync(request, TestContext.Current.CancellationToken);
        await KeepAsync("GET " + path.Replace(Asked, "", StringComparison.Ordinal), answer);
    }

    private async Task PostAsync(Station station, ServerProcess server, string path, string body, HttpStatusCode expected, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Url, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await station.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(expected, answer.StatusCode);
        await KeepAsync("POST " + path, answer);
    }

    private async Task KeepAsync(string where, HttpResponseMessage answer) =>
        _seen.Add((where, string.Join('\n', answer.Headers) + await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
}
