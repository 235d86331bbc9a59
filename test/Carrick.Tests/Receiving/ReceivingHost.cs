using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>The webhook endpoint on a real Kestrel at 127.0.0.1, with a fake engine and a fake clock.</summary>
internal sealed class ReceivingHost : IAsyncDisposable
{
    public const string Secret = "canary-secret-of-tests";
    public const string SigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private readonly WebApplication _app;
    private readonly MeterListener _meters;

    private ReceivingHost(WebApplication app, FakeEngine engine, FakeTimeProvider time, LogRecorder log, MeterListener meters, ConcurrentQueue<string> measurements)
    {
        _app = app;
        _meters = meters;
        Engine = engine;
        Time = time;
        Log = log;
        Measurements = measurements;
        Address = new Uri(app.Urls.Single());
        Client = NewClient();
    }

    public FakeEngine Engine { get; }

    public FakeTimeProvider Time { get; }

    public LogRecorder Log { get; }

    public WebhookReceiver Receiver => _app.Services.GetRequiredService<WebhookReceiver>();

    /// <summary>Every measurement as <c>name{tag=value,...}=number</c>.</summary>
    public ConcurrentQueue<string> Measurements { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public static Task<ReceivingHost> StartAsync(Action<WebhookReceivingOptions>? configure = null) => StartAsync(
        WebhookScheme.All.Select(scheme => new IntegrationDefinition { Name = scheme.Name, Source = Source(scheme) }), configure);

    /// <summary>Starts it over TLS, with HTTP/1.1 and HTTP/2.</summary>
    public static Task<ReceivingHost> StartTlsAsync(Action<WebhookReceivingOptions>? configure = null) => StartAsync(
        WebhookScheme.All.Select(scheme => new IntegrationDefinition { Name = scheme.Name, Source = Source(scheme) }), configure, tls: true);

    public static async Task<ReceivingHost> StartAsync(
        IEnumerable<IntegrationDefinition> integrations, Action<WebhookReceivingOptions>? configure = null, bool tls = false)
    {
        var engine = new FakeEngine();
        await engine.ApplyAsync([.. integrations], CancellationToken.None);
        var time = new FakeTimeProvider(Check.Now);
        var log = new LogRecorder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0");
        if (tls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = TestCertificate.Create()));
        }

        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddSingleton<ICarrickEngine>(engine).AddSingleton<IEventIngress>(engine).AddSingleton<TimeProvider>(time);
        builder.Services.Configure(configure ?? (_ => { }));
        builder.Services.AddWebhookReceiving();
        var app = builder.Build();
        var measurements = new ConcurrentQueue<string>();
        var listener = Listen(app.Services.GetRequiredService<IMeterFactory>(), measurements);
        app.MapWebhooks();
        await app.StartAsync();
        return new ReceivingHost(app, engine, time, log, listener, measurements);
    }

    /// <summary>A client with connections of its own, from an address of the loopback network; it takes the certificate of tests.</summary>
    public HttpClient NewClient(string from = "127.0.0.1") => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=127.0.0.1" },
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = Address,
    };

    public static WebhookSourceDefinition Source(WebhookScheme scheme) => new()
    {
        Scheme = scheme,
        Secrets = [Check.Alternatives.First(entry => entry.Scheme == scheme).VerifyWith],
        PublicUrl = scheme.SignsUrl ? new Uri($"https://hooks.example.com/webhooks/{scheme.Name}") : null,
        VerifyToken = "canary-verify-token",
    };

    /// <summary>A signed request for a built-in scheme.</summary>
    public static HttpRequestMessage Signed(WebhookScheme scheme, byte[] body, string? id = null, string? type = null, DateTimeOffset? time = null, string? path = null)
    {
        var entry = Check.Alternatives.First(entry => entry.Scheme == scheme);
        var signed = WebhookSigner.Sign(scheme, entry.SignWith, new WebhookMessage
        {
            Body = body,
            Time = time ?? Check.Now,
            Url = new Uri($"https://hooks.example.com/webhooks/{scheme.Name}"),
            Id = id,
            Type = type,
            ContentType = Check.ContentType(scheme, entry.Alternative),
        });
        var request = new HttpRequestMessage(HttpMethod.Post, (path ?? $"/webhooks/{scheme.Name}") + signed.Url?.Query) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in signed.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    /// <summary>Sends bytes as they are and reads until the server closes, or until the answer's head and as much more as came with it is here.</summary>
    public async Task<string> RawAsync(params byte[][] pieces)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        var stream = socket.GetStream();
        foreach (var piece in pieces)
        {
            await stream.WriteAsync(piece);
        }

        return await ReadAnswerAsync(stream);
    }

    public static async Task<string> ReadAnswerAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                var read = await stream.ReadAsync(buffer, patience.Token);
                if (read == 0)
                {
                    break;
                }

                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            text.Append("<reset>");
        }

        return text.ToString();
    }

    /// <summary>Sends bytes as they are and reads until the server closes the connection, which it must.</summary>
    public async Task<string> RawToTheEndAsync(params byte[][] pieces)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        foreach (var piece in pieces)
        {
            await socket.GetStream().WriteAsync(piece);
        }

        return await ReadToTheEndAsync(socket.GetStream());
    }

    public static async Task<string> ReadToTheEndAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) is > 0 and var read)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            text.Append("<reset>");
        }

        return text.ToString();
    }

    public static async Task AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string title)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(ProblemText((int)status, title), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Checks that a raw answer is this one problem, after which the server closed.</summary>
    public static void AssertLastProblem(string raw, int status, string title)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", raw, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", raw, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + ProblemText(status, title), raw, StringComparison.Ordinal);
    }

    private static string ProblemText(int status, string title) => $$"""{"type":"about:blank","title":"{{title}}","status":{{status}}}""";

    /// <summary>The head of a signed GitHub request without its length headers.</summary>
    public static string Head(byte[] body, string id = "raw-1", string version = "HTTP/1.1")
    {
        var request = Signed(WebhookScheme.GitHub, body, id, "push");
        return $"POST /webhooks/github {version}\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + string.Concat(request.Headers.Select(header => $"{header.Key}: {header.Value.Single()}\r\n"));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _meters.Dispose();
        await _app.DisposeAsync();
    }

    private static MeterListener Listen(IMeterFactory factory, ConcurrentQueue<string> measurements)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == WebhookMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measurements.Enqueue(Text(instrument, value, tags)));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => measurements.Enqueue(Text(instrument, 0, tags)));
        listener.Start();
        return listener;
    }

    private static string Text(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        $"{instrument.Name}{{{string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}}}={value}";
}
