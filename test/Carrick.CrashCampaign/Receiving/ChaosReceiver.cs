using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Victim;
using Carrick.Storage.Rows;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Receiving;

/// <summary>The HTTP endpoints: they answer 200 and, by chance, everything else; each request is in the history before it is answered.</summary>
internal sealed class ChaosReceiver(HistoryWriter history, int seed) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private WebApplication? _app;
    private readonly ConcurrentDictionary<int, bool> _distrusted = new();
    private volatile bool _mended;
    private int _strays;

    /// <summary>Requests that came by a link that was not trusted.</summary>
    public int Strays => Volatile.Read(ref _strays);

    public async Task<Uri> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/erp", context => AnswerAsync(context, VictimSettings.Erp, 3));
        _app.MapPost("/flaky", context => AnswerAsync(context, VictimSettings.Flaky, 35));
        await _app.StartAsync();
        return new Uri(_app.Urls.First());
    }

    /// <summary>Answers 200 from now on.</summary>
    public void Mend() => _mended = true;

    /// <summary>
    /// From now on, requests that come by this link are answered and counted, but not written into the history. Only a server that does not know yet that
    /// another works in its place uses it: its requests are the repetitions that HTTP cannot rule out, and its store will know nothing of them.
    /// </summary>
    public void Distrust(int port) => _distrusted[port] = true;

    /// <summary>The server behind the link is in its right again.</summary>
    public void Trust(int port) => _distrusted.TryRemove(port, out _);

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private async Task AnswerAsync(HttpContext context, string consumer, int errorPercent)
    {
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The victim was killed in the middle of its request: nothing was received.
            return;
        }

        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        var message = JsonSerializer.Deserialize(bytes, MessageJson.Default.Message)!;
        var attempt = int.Parse(context.Request.Headers["carrick-attempt"].ToString(), CultureInfo.InvariantCulture);
        var now = DateTimeOffset.UtcNow;
        var (answer, delay) = Choose(errorPercent);
        var (retryAfter, notBefore) = answer == 429 ? Pause(now, delay) : default;
        if (context.Request.Host.Port is { } link && _distrusted.ContainsKey(link))
        {
            Interlocked.Increment(ref _strays);
        }
        else
        {
            history.Write(new Received(now, consumer, message.Id, message.Subject, message.Sequence, attempt, answer, notBefore) { Body = BodyHash.Of(bytes) });
        }

        switch (answer)
        {
            case 0 when delay:
                await HangAsync(context);
                return;
            case 0:
                context.Abort();
                return;
            default:
                context.Response.StatusCode = answer;
                context.Response.Headers.RetryAfter = retryAfter;
                return;
        }
    }

    private (int Status, bool Flag) Choose(int errorPercent)
    {
        lock (_lock)
        {
            var flag = _random.Next(2) == 0;
            var chance = _random.Next(2_000);
            return (_mended ? 200 : chance switch
            {
                0 => 429,
                < 20 => 0,
                _ => chance < errorPercent * 20 ? 500 : 200,
            }, flag);
        }
    }

    private static (string? Header, DateTimeOffset? NotBefore) Pause(DateTimeOffset now, bool asDate)
    {
        if (!asDate)
        {
            return ("1", now.AddSeconds(1));
        }

        var date = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds() + 2);
        return (date.ToString("R", CultureInfo.InvariantCulture), date);
    }

    private static async Task HangAsync(HttpContext context)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        context.Abort();
    }
}
