using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Carrick.Receiving;

/// <summary>
/// Reads a body whole or not at all. Memory grows with the bytes that came, never with the length that was declared; the result is an array of its own,
/// because the engine keeps it. Thread-safe.
/// </summary>
internal sealed class BodyReader(InFlightBytes inFlight, BodyRate rate)
{
    // Where the server measures too it goes first: it looks once a second, and what is left for us are pauses after a burst.
    private readonly BodyRate _behindTheServer = rate with { Grace = rate.Grace + TimeSpan.FromSeconds(2) };

    public async ValueTask<BodyResult> ReadAsync(HttpRequest request, long limit, IntegrationShare integration)
    {
        if (request.ContentLength > limit)
        {
            return BodyResult.Of(BodyOutcome.TooLarge);
        }

        if (request.ContentLength == 0)
        {
            return new BodyResult(BodyOutcome.Complete, default, 0, null);
        }

        var aborted = request.HttpContext.RequestAborted;
        try
        {
            return await ReadPiecesAsync(request, limit, integration, aborted);
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
        catch (Exception exception) when (exception is IOException or ConnectionAbortedException || exception.InnerException is ConnectionAbortedException)
        {
            return BodyResult.Of(BodyOutcome.Aborted);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            return BodyResult.Of(BodyOutcome.Aborted);
        }
    }

    private async ValueTask<BodyResult> ReadPiecesAsync(HttpRequest request, long limit, IntegrationShare integration, CancellationToken aborted)
    {
        var reader = request.BodyReader;
        BodyChunks? chunks = null;
        BodyPace? pace = null;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync(aborted);
                if (!reading.IsCompleted && pace is null)
                {
                    pace = !IsTimed(request) ? new BodyPace(reader, rate, chunks?.Length ?? 0)
                        : chunks is not null ? new BodyPace(reader, _behindTheServer, chunks.Length)
                        : null;
                }

                var read = await reading;
                if (read.IsCanceled)
                {
                    reader.AdvanceTo(read.Buffer.Start);
                    return BodyResult.Of(BodyOutcome.TooSlow);
                }

                var length = (chunks?.Length ?? 0) + read.Buffer.Length;
                var whole = read.IsCompleted || length == request.ContentLength;
                if (length > limit)
                {
                    return Advance(reader, read.Buffer, BodyOutcome.TooLarge);
                }

                if (whole && pace?.TryEnd() == false)
                {
                    return Advance(reader, read.Buffer, BodyOutcome.TooSlow);
                }

                if (whole && length < request.ContentLength)
                {
                    return Advance(reader, read.Buffer, BodyOutcome.Aborted);
                }

                if (whole && chunks is null)
                {
                    return TakeWhole(reader, read.Buffer, integration);
                }

                pace?.Came(read.Buffer.Length);
                chunks ??= new BodyChunks(inFlight, integration, inFlight.EnterAddress(request.HttpContext.Connection.RemoteIpAddress));
                var kept = chunks.TryAppend(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                if (!kept)
                {
                    return BodyResult.Of(BodyOutcome.Full);
                }

                if (whole)
                {
                    var body = chunks.Take(out var address);
                    return new BodyResult(BodyOutcome.Complete, body, body.Length, address);
                }
            }
        }
        finally
        {
            pace?.Dispose();
            chunks?.Dispose();
        }
    }

    private BodyResult TakeWhole(PipeReader reader, in ReadOnlySequence<byte> bytes, IntegrationShare integration)
    {
        if (!inFlight.TryReserve(integration, null, bytes.Length))
        {
            return Advance(reader, bytes, BodyOutcome.Full);
        }

        var body = bytes.ToArray();
        reader.AdvanceTo(bytes.End);
        return new BodyResult(BodyOutcome.Complete, body, body.Length, null);
    }

    private static BodyResult Advance(PipeReader reader, in ReadOnlySequence<byte> bytes, BodyOutcome outcome)
    {
        reader.AdvanceTo(bytes.End);
        return BodyResult.Of(outcome);
    }

    // Kestrel ends a body over HTTP/1.x that is silent from its start; over HTTP/2 it measures all streams of a connection together.
    private static bool IsTimed(HttpRequest request) =>
        !HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol)
        && request.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is not null;
}

/// <summary>What reading a body gave.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Body">The exact bytes.</param>
/// <param name="Reserved">What to release when the request is answered.</param>
/// <param name="Address">Whose share it counts in, or <see langword="null"/> if it came at once.</param>
internal readonly record struct BodyResult(BodyOutcome Outcome, ReadOnlyMemory<byte> Body, long Reserved, InFlightShare? Address)
{
    public static BodyResult Of(BodyOutcome outcome) => new(outcome, default, 0, null);
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
