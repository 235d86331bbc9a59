using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Carrick.Server.Cli;

namespace Carrick.IntegrationTests.Processes;

/// <summary>One process of the server or of another command, always ended with the test.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const string Listens = "Carrick listens on ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => _process = process;

    /// <summary>Standard output and standard error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public Uri Url => _ready.Task.Result;

    /// <summary>Starts a command of the server's executable.</summary>
    public static ServerProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => StartIn(Path.GetTempPath(), environment, arguments);

    /// <summary>Starts a command with a working directory.</summary>
    public static ServerProcess StartIn(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.ArgumentList.Add(typeof(CliApp).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var server = new ServerProcess(process);
        process.OutputDataReceived += (_, line) => server.Hear(line.Data);
        process.ErrorDataReceived += (_, line) => server.Hear(line.Data);
        process.Exited += (_, _) => server._ready.TrySetException(new InvalidOperationException("The server ended before it was ready: " + server.Output));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Waits until it listens.</summary>
    public async Task<ServerProcess> ReadyAsync()
    {
        await _ready.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        return this;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await ExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Assert.Equal(0, SendSignal(_process.Id, SigTerm));

    /// <summary>SIGSTOP: it stands still until <see cref="Resume"/>.</summary>
    public void Suspend() => Assert.Equal(0, SendSignal(_process.Id, SigStop));

    /// <summary>SIGCONT.</summary>
    public void Resume() => Assert.Equal(0, SendSignal(_process.Id, SigCont));

    /// <summary>Waits until it has ended and all of its output is here.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        // Nobody may wait for it any more.
        _ = _ready.Task.Exception;
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line.StartsWith(Listens, StringComparison.Ordinal))
        {
            _ready.TrySetResult(new Uri(line[Listens.Length..].Split(',')[0]));
        }
    }
}
