using System.Diagnostics;

namespace Carrick.Benchmarks;

/// <summary>This program in another process. It ends when its standard input is closed, so it never outlives its parent.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);

    private Child(Process process) => Process = process;

    /// <summary>What starts this program, and the arguments that must come first.</summary>
    public static string[] Self { get; } = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, typeof(Child).Assembly.Location]
        : [Environment.ProcessPath!];

    public Process Process { get; }

    public static Child Start(string command, Settings settings)
    {
        var start = new ProcessStartInfo(Self[0], [.. Self[1..], command, .. settings.ToArguments()]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        if (command == "load")
        {
            // One thread that reads and writes all sockets: the generator must leave the cores to the server.
            start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
            start.Environment["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1";
            start.Environment["DOTNET_gcConcurrent"] = "0";
        }

        return new Child(Process.Start(start) ?? throw new InvalidOperationException($"'{command}' did not start."));
    }

    /// <summary>The next line of its output.</summary>
    public async Task<string> ReadLineAsync() =>
        await Process.StandardOutput.ReadLineAsync().ConfigureAwait(false) ?? throw new InvalidOperationException("The process ended early.");

    /// <summary>Runs a command to its end and returns its last line.</summary>
    /// <exception cref="TimeoutException">It took longer than it may, and was killed.</exception>
    public static async Task<string> RunAsync(string command, Settings settings, TimeSpan? within = null)
    {
        var child = Start(command, settings);
        await using (child.ConfigureAwait(false))
        {
            try
            {
                var output = await child.Process.StandardOutput.ReadToEndAsync().WaitAsync(within ?? Timeout.InfiniteTimeSpan).ConfigureAwait(false);
                return output.TrimEnd().Split('\n')[^1] is { Length: > 0 } last ? last : throw new InvalidOperationException($"'{command}' printed nothing.");
            }
            catch (TimeoutException)
            {
                child.Kill();
                throw;
            }
        }
    }

    public void Kill() => Process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.StandardInput.Close();
            try
            {
                await Process.WaitForExitAsync().WaitAsync(StopWithin).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Process.Kill();
            }
        }

        Process.Dispose();
    }
}
