using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Carrick.Problems;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>Reads JSON bodies: bounded, strict, with the place of the first error.</summary>
internal static class BodyReader
{
    /// <summary>The most bytes of a body.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a body; one of the two results is <see langword="null"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="type">What is expected.</param>
    /// <param name="whenEmpty">What no body means, or <see langword="null"/> if there must be one.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    public static async ValueTask<(T? Body, Problem? Problem)> ReadAsync<T>(
        HttpRequest request, JsonTypeInfo<T> type, T? whenEmpty, CancellationToken cancellationToken)
        where T : class
    {
        var (bytes, tooLarge) = await ReadBytesAsync(request, cancellationToken);
        if (tooLarge)
        {
            return (null, Problem.Of(ProblemCode.BodyTooLarge, $"At most {MaxBytes} bytes."));
        }

        if (bytes.Length == 0 && whenEmpty is not null)
        {
            return (whenEmpty, null);
        }

        if (!request.HasJsonContentType())
        {
            return (null, Problem.Of(ProblemCode.UnsupportedMediaType));
        }

        try
        {
            return JsonSerializer.Deserialize(bytes.Span, type) is { } body
                ? (body, null)
                : (null, Problem.InvalidJson("The body is null.", null));
        }
        catch (JsonException exception)
        {
            return (null, Describe(exception));
        }
    }

    private static async ValueTask<(ReadOnlyMemory<byte> Bytes, bool TooLarge)> ReadBytesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MaxBytes)
        {
            return (default, true);
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (default, true);
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return (bytes, false);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // The exception's own text can hold values and names of types; its path and line do not.
    private static Problem Describe(JsonException exception)
    {
        var line = exception.LineNumber + 1;
        var position = exception.BytePositionInLine + 1;
        var pointer = Pointer(exception.Path);
        var detail = line is null ? "Wrong or unknown member." : $"Wrong syntax, type or member at line {line}, byte {position}.";
        return Problem.InvalidJson(detail, new ErrorItem { Pointer = pointer, Code = "invalid_json", Detail = detail });
    }

    /// <summary>Turns a path such as <c>$.filter.deliveries[2]</c> into an RFC 6901 fragment.</summary>
    internal static string Pointer(string? path)
    {
        var pointer = new StringBuilder("#");
        foreach (var part in (path ?? "$").Split('.', '[').Skip(1))
        {
            var name = part.TrimEnd(']').Trim('\'');
            pointer.Append('/').Append(name.Length <= 100 ? name : name[..100]);
        }

        return pointer.ToString();
    }
}
