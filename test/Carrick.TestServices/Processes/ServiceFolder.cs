using System.Diagnostics;

namespace Carrick.TestServices.Processes;

/// <summary>A temporary folder that belongs to the user whom services run as.</summary>
internal sealed class ServiceFolder : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public ServiceFolder(string service)
    {
        Path = Directory.CreateTempSubdirectory($"carrick-{service}-").FullName;
        Give(Path);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes the user the owner of a file or folder.</summary>
    public static void Give(string path)
    {
        if (UnprivilegedUser.Current is { } user)
        {
            Tool.Run("chown", $"{user.Id}:{user.Group}", path);
        }
    }

    /// <summary>Deletes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        var waited = Stopwatch.StartNew();
        while (Directory.Exists(Path))
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (waited.Elapsed < Patience)
            {
                // A server that was killed leaves processes that still write for a moment.
                await Task.Delay(20);
            }
        }
    }
}
