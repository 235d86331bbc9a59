using System.Text;

namespace Carrick.Server.Cli;

/// <summary>Reads files that the user names; what fails is said in one line.</summary>
internal static class LocalFile
{
    /// <exception cref="CliException">The file cannot be read or is longer than <paramref name="maxBytes"/>.</exception>
    public static byte[] ReadBytes(string path, int maxBytes)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var buffer = new byte[Math.Min(stream.CanSeek ? stream.Length : maxBytes, maxBytes) + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= maxBytes
                ? buffer[..length]
                : throw new CliException(new CliFailure(ExitCodes.Usage, $"The file {path} is larger than {maxBytes} bytes."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var why = exception is FileNotFoundException or DirectoryNotFoundException ? "It does not exist." : "It cannot be opened; check that it is a file and may be read.";
            throw new CliException(new CliFailure(ExitCodes.Usage, $"The file {path} cannot be read.", why));
        }
    }

    /// <exception cref="CliException">The file cannot be read or is too long.</exception>
    public static string ReadText(string path, int maxBytes) => Encoding.UTF8.GetString(ReadBytes(path, maxBytes));
}
