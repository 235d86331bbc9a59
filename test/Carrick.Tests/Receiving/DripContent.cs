using System.Net;
using System.Threading.Channels;

namespace Carrick.Tests.Receiving;

/// <summary>A request body that declares a length and sends what the test gives it.</summary>
internal sealed class DripContent(long? declared) : HttpContent
{
    private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

    public void Send(byte[] piece) => _pieces.Writer.TryWrite(piece);

    public void End() => _pieces.Writer.TryComplete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // The headers go out now.
        await stream.FlushAsync();
        await foreach (var piece in _pieces.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(piece);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = declared ?? 0;
        return declared is not null;
    }

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }
}
