using System.Text;
using Carrick.Diagnostics;

namespace Carrick.Server.Cli;

/// <summary>Reads files that the user names; what fails is said in one line.</summary>
internal static class LocalFile
{
    /// <summary>Reads a file; errors name it, unless its name looks like a secret and is not where files are.</summary>
    /// <exception cref="CliException">The file cannot be read or is longer than <paramref name="maxBytes"/>.</exception>
    public static byte[] ReadBytes(string path, int maxBytes) => Read(path, maxBytes, "The file " + (IsPath(path) ? path : NameText.Shown(path, "that was named")));

    /// <summary>Reads a file that holds a secret. Whoever gives the secret in place of the file must not see it in an error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most bytes.</param>
    /// <param name="option">What named it.</param>
    /// <exception cref="CliException">The file cannot be read or is too long.</exception>
    public static string ReadSecret(string path, int maxBytes, string option) =>
        Encoding.UTF8.GetString(Read(path, maxBytes, $"The file of {option}"));

    /// <summary>All bytes, or <see langword="null"/> if there are more than <paramref name="maxBytes"/>.</summary>
    /// <remarks>The length that a stream tells is not asked: a file may grow while it is read, and pipes and files of the kernel have none.</remarks>
    public static byte[]? ReadToEnd(Stream stream, int maxBytes)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[Math.Min(maxBytes, 80 * 1024) + 1];
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            if (buffer.Length + read > maxBytes)
            {
                return null;
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    // A secret that is given in place of a file does not begin with the name of a directory that is there.
    private static bool IsPath(string path) =>
        Path.IsPathRooted(path) && Path.GetDirectoryName(path) is { } directory && directory != Path.GetPathRoot(path) && Directory.Exists(directory);

    private static byte[] Read(string path, int maxBytes, string file)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return ReadToEnd(stream, maxBytes)
                ?? throw new CliException(new CliFailure(ExitCodes.Usage, $"{file} is larger than {maxBytes} bytes."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var why = exception is FileNotFoundException or DirectoryNotFoundException ? "It does not exist." : "It cannot be opened; check that it is a file and may be read.";
            throw new CliException(new CliFailure(ExitCodes.Usage, $"{file} cannot be read.", why));
        }
    }
}
