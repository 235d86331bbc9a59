using System.Diagnostics;

namespace Carrick.Benchmarks.Peers;

/// <summary>Installs the npm packages of the peers, exactly those of their lock files, once for all runs.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan InstallWithin = TimeSpan.FromMinutes(5);

    public static async Task InstallAsync(IEnumerable<Peer> peers)
    {
        foreach (var folder in peers.Select(peer => peer.NodeFolder).OfType<string>().Where(folder => !IsCurrent(folder)))
        {
            // No install scripts: none of the packages needs one.
            using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]) { WorkingDirectory = folder, RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("npm did not start.");
            await npm.WaitForExitAsync().WaitAsync(InstallWithin).ConfigureAwait(false);
            if (npm.ExitCode != 0)
            {
                throw new InvalidOperationException($"npm ci failed in {folder}.");
            }
        }
    }

    // npm leaves this file when it is done.
    private static bool IsCurrent(string folder)
    {
        var (installed, locked) = (Path.Combine(folder, "node_modules", ".package-lock.json"), Path.Combine(folder, "package-lock.json"));
        return File.Exists(installed) && File.GetLastWriteTimeUtc(installed) >= File.GetLastWriteTimeUtc(locked);
    }
}
