using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

namespace Carrick.Receiving;

/// <summary>Takes in bodies within <see cref="WebhookReceivingOptions"/>: their memory, size and pace. Thread-safe.</summary>
internal sealed class BodyIntake
{
    // Made at the first request: what is out of range has stopped the start by then, with its key.
    private readonly Lazy<MinDataRate> _minRate;
    private readonly BodyReader _reader;

    public BodyIntake(IOptions<WebhookReceivingOptions> options, TimeProvider time)
    {
        var limits = options.Value;
        Memory = new InFlightBytes(limits.MaxBytesInFlight, limits.MaxPercentPerIntegration, limits.MaxPercentPerAddress);
        _minRate = new Lazy<MinDataRate>(() => new MinDataRate(limits.MinBytesPerSecond, limits.MinRateGrace));
        _reader = new BodyReader(Memory, new BodyRate(limits.MinBytesPerSecond, limits.MinRateGrace, time));
    }

    /// <summary>What is held now.</summary>
    public InFlightBytes Memory { get; }

    /// <summary>Reads the body of a request; the result is to be given to <see cref="Release"/> when the request is answered.</summary>
    public ValueTask<BodyResult> ReadAsync(HttpContext context, long maxBytes, IntegrationShare integration)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The server counts the framing of chunks too, so a chunked body is counted by the reader alone.
            size.MaxRequestBodySize = context.Request.ContentLength is null ? null : maxBytes;
        }

        // Over HTTP/2 and 3 the server has no rate for one stream, and refuses to be given one.
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol)
            && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = _minRate.Value;
        }

        return _reader.ReadAsync(context.Request, maxBytes, integration);
    }

    public void Release(in BodyResult body, IntegrationShare integration)
    {
        Memory.Release(integration, body.Address, body.Reserved);
        if (body.Address is { } address)
        {
            Memory.LeaveAddress(address);
        }
    }
}
