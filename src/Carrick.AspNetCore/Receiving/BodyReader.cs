using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Carrick.Receiving;

/// <summary>
/// Reads a body whole or not at all. Memory grows with the bytes that came, never with the length that was declared; the result is an array of its own,
/// because the engine keeps it.
/// </summary>
internal static class BodyReader
{
    private const int Small = 64 * 1024;

    public static async ValueTask<BodyResult> ReadAsync(HttpRequest request, long limit, InFlightBytes inFlight)
    {
        var aborted = request.HttpContext.RequestAborted;
        if (request.ContentLength > limit)
        {
            return BodyResult.Of(BodyOutcome.TooLarge);
        }

        try
        {
            return request.ContentLength is { } length and <= Small
                ? await ReadSmallAsync(request.Body, (int)length, inFlight, aborted)
                : await ReadLargeAsync(request.Body, limit, inFlight, aborted);
        }
        catch (BadHttpRequestException exception)
        {
            return BodyResult.Of(exception.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => BodyOutcome.TooLarge,
                StatusCodes.Status408RequestTimeout => BodyOutcome.TooSlow,

                // A body of known length has no framing that could be wrong: it ended early, because the caller is gone.
                _ when request.ContentLength is not null => BodyOutcome.Aborted,
                _ => BodyOutcome.Malformed,
            });
        }
        catch (IOException)
        {
            return BodyResult.Of(BodyOutcome.Aborted);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            return BodyResult.Of(BodyOutcome.Aborted);
        }
    }

    private static async ValueTask<BodyResult> ReadSmallAsync(Stream stream, int length, InFlightBytes inFlight, CancellationToken aborted)
    {
        if (!inFlight.TryReserve(length))
        {
            return BodyResult.Of(BodyOutcome.Full);
        }

        var complete = false;
        try
        {
            var body = new byte[length];
            complete = await stream.ReadAtLeastAsync(body, length, throwOnEndOfStream: false, aborted) == length;
            return complete ? new BodyResult(BodyOutcome.Complete, body, length) : BodyResult.Of(BodyOutcome.Aborted);
        }
        finally
        {
            if (!complete)
            {
                inFlight.Release(length);
            }
        }
    }

    private static async ValueTask<BodyResult> ReadLargeAsync(Stream stream, long limit, InFlightBytes inFlight, CancellationToken aborted)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Small);
        var length = 0;
        long reserved = 0;
        var kept = false;
        try
        {
            while (true)
            {
                if (length == buffer.Length || reserved == 0)
                {
                    if (!inFlight.TryReserve(buffer.Length))
                    {
                        return BodyResult.Of(BodyOutcome.Full);
                    }

                    reserved += buffer.Length;
                    buffer = length == 0 ? buffer : Grow(buffer, length);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), aborted);
                if (read == 0)
                {
                    kept = true;
                    return new BodyResult(BodyOutcome.Complete, buffer.AsSpan(0, length).ToArray(), reserved);
                }

                length += read;
                if (length > limit)
                {
                    return BodyResult.Of(BodyOutcome.TooLarge);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (!kept)
            {
                inFlight.Release(reserved);
            }
        }
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

/// <summary>What reading a body gave.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Body">The exact bytes.</param>
/// <param name="Reserved">What to release when the request is answered.</param>
internal readonly record struct BodyResult(BodyOutcome Outcome, ReadOnlyMemory<byte> Body, long Reserved)
{
    public static BodyResult Of(BodyOutcome outcome) => new(outcome, default, 0);
}

internal enum BodyOutcome
{
    Complete,
    TooLarge,
    TooSlow,
    Full,
    Malformed,
    Aborted,
}
