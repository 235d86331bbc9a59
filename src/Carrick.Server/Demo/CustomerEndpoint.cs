using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Carrick.Server.Demo;

/// <summary>
/// A customer's web server, simulated: checks the signatures as anybody would, fails in every way until it is mended, and keeps a log of its
/// own. Thread-safe.
/// </summary>
internal sealed class CustomerEndpoint(DemoSecrets secrets, DemoProgress progress, TimeProvider time) : IAsyncDisposable
{
    private readonly byte[] _key = Convert.FromBase64String(secrets.Delivery["whsec_".Length..]);
    private readonly ConcurrentDictionary<DeliveryKey, int> _delivered = new();
    private readonly ConcurrentDictionary<DeliveryKey, DateTimeOffset> _notBefore = new();
    private readonly FaultPlan _faults = new();
    private readonly WebApplication _app = Build();
    private long _badSignatures;
    private long _early;

    /// <summary>How often each event came with a valid signature and was answered 200.</summary>
    public IReadOnlyDictionary<DeliveryKey, int> Delivered => _delivered;

    /// <summary>Requests whose signature did not hold.</summary>
    public long BadSignatures => Interlocked.Read(ref _badSignatures);

    /// <summary>Requests that came before the time of <c>Retry-After</c>.</summary>
    public long Early => Interlocked.Read(ref _early);

    public Uri Url { get; private set; } = new("http://127.0.0.1");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _app.MapPost("/{name}", ReceiveAsync);
        await _app.StartAsync(cancellationToken);
        Url = new Uri(_app.Urls.First());
    }

    /// <summary>From now on every request is answered 200.</summary>
    public void Mend() => _faults.Mended = true;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }

    private async Task ReceiveAsync(HttpContext context, string name)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var body = buffer.ToArray();
        var id = context.Request.Headers["webhook-id"].ToString();
        if (!IsSigned(context.Request.Headers, id, body))
        {
            Interlocked.Increment(ref _badSignatures);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var key = new DeliveryKey(name, id);
        if (_notBefore.TryGetValue(key, out var notBefore) && time.GetUtcNow() < notBefore)
        {
            Interlocked.Increment(ref _early);
        }

        await AnswerAsync(context, key, _faults.Choose(key, SHA256.HashData(body)));
    }

    private async Task AnswerAsync(HttpContext context, DeliveryKey key, Fault fault)
    {
        switch (fault)
        {
            case Fault.None:
                _delivered.AddOrUpdate(key, 1, static (_, count) => count + 1);
                progress.Add(DemoCount.Delivered);
                return;
            case Fault.ServerError:
                progress.Add(DemoCount.ServerError);
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                await context.Response.WriteAsync("the warehouse is on fire", context.RequestAborted);
                return;
            case Fault.Hang:
                progress.Add(DemoCount.Hang);
                await HangAsync(context.RequestAborted);
                return;
            case Fault.Reset:
                progress.Add(DemoCount.Reset);
                context.Abort();
                return;
            case Fault.Throttle:
                progress.Add(DemoCount.Throttle);
                _notBefore[key] = time.GetUtcNow() + TimeSpan.FromSeconds(1);
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                context.Response.Headers.RetryAfter = "1";
                return;
            default:
                progress.Add(DemoCount.Gone);
                context.Response.StatusCode = StatusCodes.Status410Gone;
                return;
        }
    }

    /// <summary>Never answers: the caller has to hang up.</summary>
    private static async Task HangAsync(CancellationToken aborted)
    {
        var gone = new TaskCompletionSource();
        await using (aborted.Register(gone.SetResult))
        {
            await gone.Task;
        }
    }

    private bool IsSigned(IHeaderDictionary headers, string id, byte[] body)
    {
        var timestamp = headers["webhook-timestamp"].ToString();
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds) > 300)
        {
            return false;
        }

        byte[] content = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var expected = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(_key, content)));
        return CryptographicOperations.FixedTimeEquals(expected, Encoding.ASCII.GetBytes(headers["webhook-signature"].ToString()));
    }
}

/// <summary>One event at one endpoint.</summary>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="EventId">The event.</param>
internal readonly record struct DeliveryKey(string Endpoint, string EventId)
{
    public override string ToString() => $"{Endpoint} {EventId}";
}
