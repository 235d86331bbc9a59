namespace Carrick.Benchmarks.Peers;

/// <summary>The working copy that this program was built from: the peers are in it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Peers => Path.Combine(Root, "bench", "peers");

    /// <summary>What this program, and so the peers beside it, was built as.</summary>
    public static string Configuration =>
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Carrick.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Carrick.slnx above {AppContext.BaseDirectory}: the peers run from a working copy.");
    }
}
