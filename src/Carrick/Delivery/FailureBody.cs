using System.Buffers;
using System.Text;

namespace Carrick.Delivery;

/// <summary>Reads the beginning of what a failing endpoint answered.</summary>
internal static class FailureBody
{
    /// <summary>The most bytes that are read and kept.</summary>
    public const int Limit = 4 * 1024;

    /// <summary>Reads up to <see cref="Limit"/> bytes as UTF-8, in clean characters; whatever ends the reading, what was read counts.</summary>
    /// <returns>The text, not yet redacted; empty for an encoded body, in which a secret could not be found.</returns>
    public static async ValueTask<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.NonValidated.Contains("Content-Encoding"))
        {
            return "";
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Limit);
        var length = 0;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                int read;
                while (length < Limit && (read = await stream.ReadAsync(buffer.AsMemory(length, Limit - length), cancellationToken).ConfigureAwait(false)) > 0)
                {
                    length += read;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The status is known and decides; the time-out or the shutdown only ends the explanation.
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // As above: a body that breaks off changes nothing.
        }

        var text = ErrorText.Clean(Encoding.UTF8.GetString(buffer, 0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }
}
