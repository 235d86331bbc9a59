namespace Carrick.Benchmarks;

/// <summary>A directory for one run, deleted after it.</summary>
internal sealed class DataDirectory : IDisposable
{
    public DataDirectory(string root)
    {
        Path = System.IO.Path.Combine(root, System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
