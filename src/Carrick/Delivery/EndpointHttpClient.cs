using System.Net;
using System.Text;

namespace Carrick.Delivery;

/// <summary>Makes the one HTTP stack that all endpoints share.</summary>
internal static class EndpointHttpClient
{
    /// <summary>Makes it. The caller disposes it; thread-safe.</summary>
    /// <remarks>
    /// An invoker rather than an <c>HttpClient</c>: it adds no time-out and no buffer of its own. Redirects, cookies, decompression and trace headers
    /// are off: each lets the other side steer what we send, hold or unpack.
    /// </remarks>
    public static HttpMessageInvoker Create(DeliveryOptions options) => new(CreateHandler(options));

    /// <summary>Makes its transport; the caller disposes it.</summary>
    public static SocketsHttpHandler CreateHandler(DeliveryOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MeterFactory = EndpointMeters.Instance,
        UseProxy = options.Proxy is not null,
        Proxy = options.Proxy is null ? null : new WebProxy(options.Proxy),
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        MaxResponseHeadersLength = 64,

        // A body that nobody reads is emptied in the background, to keep the connection, but only so far.
        MaxResponseDrainSize = 64 * 1024,
        ResponseDrainTimeout = TimeSpan.FromSeconds(2),

        // A server of ours reads request headers as UTF-8; a kept content type goes out as it came in.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    };
}
