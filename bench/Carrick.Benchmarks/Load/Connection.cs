using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Carrick.Benchmarks.Load;

/// <summary>One keep-alive connection: a request, then its answer, then the next. Nothing is pipelined.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[4_096];

    public byte[] Request { get; init; } = [];

    public Task ConnectAsync(int port) => _socket.ConnectAsync(IPAddress.Loopback, port);

    /// <summary>Sends <see cref="Request"/> and reads the answer.</summary>
    public async ValueTask<Answer> ExchangeAsync()
    {
        for (var sent = 0; sent < Request.Length;)
        {
            sent += await _socket.SendAsync(Request.AsMemory(sent)).ConfigureAwait(false);
        }

        var length = 0;
        while (true)
        {
            var read = await _socket.ReceiveAsync(_answer.AsMemory(length)).ConfigureAwait(false);
            if (read == 0)
            {
                throw new InvalidOperationException("The server closed the connection.");
            }

            length += read;
            if (TryRead(_answer.AsSpan(0, length), out var answer))
            {
                return answer;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool TryRead(ReadOnlySpan<byte> bytes, out Answer answer)
    {
        answer = Answer.Refused;
        var head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        var field = bytes[..head].IndexOf("Content-Length: "u8);
        if (field < 0 || !Utf8Parser.TryParse(bytes[(field + 16)..], out int size, out _))
        {
            throw new InvalidOperationException("An answer without a length.");
        }

        if (bytes.Length < head + 4 + size)
        {
            return false;
        }

        if (bytes.StartsWith("HTTP/1.1 200"u8))
        {
            answer = bytes[(head + 4)..].IndexOf("\"duplicate\":true"u8) >= 0 ? Answer.Duplicate : Answer.Accepted;
        }

        return true;
    }
}

/// <summary>What the server said.</summary>
internal enum Answer
{
    Accepted,
    Duplicate,
    Refused,
}
