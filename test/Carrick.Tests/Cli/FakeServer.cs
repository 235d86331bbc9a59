using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Cli;

/// <summary>An HTTP server on 127.0.0.1 that gives prepared answers and remembers what it was asked.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<int, Answer>> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);

    private FakeServer(WebApplication app) => _app = app;

    public ConcurrentQueue<Asked> Requests { get; } = new();

    public string Url => _app.Urls.Single();

    public static async Task<FakeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FakeServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Answers a method and path, whatever the query.</summary>
    public FakeServer On(string methodAndPath, string json, int status = 200) => On(methodAndPath, _ => new Answer(status, json));

    /// <summary>Answers by the number of the call, from 0.</summary>
    public FakeServer On(string methodAndPath, Func<int, Answer> answer)
    {
        _answers[methodAndPath] = answer;
        return this;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var key = $"{context.Request.Method} {context.Request.Path.Value}";
        Requests.Enqueue(new Asked(key, context.Request.QueryString.Value ?? "", await reader.ReadToEndAsync(), context.Request.Headers.Authorization.ToString(), context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        var answer = _answers.TryGetValue(key, out var prepared)
            ? prepared(_calls.AddOrUpdate(key, 0, (_, count) => count + 1))
            : new Answer(404, """{"title":"There is no such thing here.","status":404,"code":"not_found"}""");
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.Status < 400 ? "application/json" : "application/problem+json";
        foreach (var (name, value) in answer.Headers ?? [])
        {
            context.Response.Headers[name] = value;
        }

        if (answer.Status != 204)
        {
            await context.Response.Body.WriteAsync(answer.Body ?? System.Text.Encoding.UTF8.GetBytes(answer.Json));
        }
    }

    internal sealed record Asked(string Request, string Query, string Body, string Authorization, IReadOnlyDictionary<string, string> Headers);

    internal sealed record Answer(int Status, string Json)
    {
        public byte[]? Body { get; init; }

        public (string Name, string Value)[]? Headers { get; init; }
    }
}
