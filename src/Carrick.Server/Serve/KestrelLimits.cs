using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Carrick.Server.Serve;

/// <summary>Bounds on what one client can cost, beside those of connections. Slow and silent clients lose their connection.</summary>
internal static class KestrelLimits
{
    public static void Apply(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        options.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
        options.Limits.MaxConcurrentUpgradedConnections = 1_000;
        options.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        options.Limits.MaxRequestHeaderCount = 100;
        options.Limits.MaxRequestBodySize = 25 * 1024 * 1024;
        options.ConfigureHttpsDefaults(https => https.HandshakeTimeout = TimeSpan.FromSeconds(5));

        var http2 = options.Limits.Http2;
        http2.MaxStreamsPerConnection = 100;
        http2.MaxRequestHeaderFieldSize = 16 * 1024;

        // A client that has gone without a word is noticed, and its streams with it.
        http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
    }
}
