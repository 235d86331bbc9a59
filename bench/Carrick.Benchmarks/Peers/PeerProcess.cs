using System.Diagnostics;

namespace Carrick.Benchmarks.Peers;

/// <summary>One process of a peer. It ends when its input is closed, so it never outlives this program.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private PeerProcess(Process process, string firstLine) => (_process, FirstLine) = (process, firstLine);

    public int Id => _process.Id;

    /// <summary>What it said when it was ready: a server its port.</summary>
    public string FirstLine { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended early.</exception>
    /// <exception cref="TimeoutException">It is not ready after five minutes.</exception>
    public static async Task<PeerProcess> StartAsync(string[] command, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"'{command[0]}' did not start.");
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(StartWithin).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"'{string.Join(' ', command)}' ended early.");
            return new PeerProcess(process, line);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Ends it without a stop (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            try
            {
                await _process.WaitForExitAsync().WaitAsync(StopWithin).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }
}
