using Carrick.Diagnostics;
using Carrick.Server.Cli;

namespace Carrick.Server.Serve;

/// <summary>The directory that holds the databases: readable by its owner only, since events may hold personal data.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <exception cref="CliException">It cannot be made or written.</exception>
    public static void Ensure(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerOnly);
            }

            Probe(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(new CliFailure(
                ExitCodes.Failure, $"The data directory {NameText.Shown(path, "that was named")} cannot be made or written.", "Check its owner and the free space, or name another with --data."));
        }
    }

    /// <summary>Writes and deletes a small file.</summary>
    /// <exception cref="IOException">The directory is missing or full.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public static void Probe(string path)
    {
        var file = Path.Combine(path, ".write-probe");
        File.WriteAllBytes(file, new byte[1]);
        File.Delete(file);
    }
}
