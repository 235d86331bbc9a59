using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign;

/// <summary>One life of the victim.</summary>
internal sealed partial class VictimProcess : IDisposable
{
    private const int SigTerm = 15;
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private VictimProcess(Process process) => _process = process;

    /// <summary>From the start of the process to listening, or <see langword="null"/>.</summary>
    public double? ReadyMilliseconds { get; private set; }

    /// <summary>From the start of the process to the first handler call, or <see langword="null"/>.</summary>
    public double? DispatchMilliseconds { get; private set; }

    public static VictimProcess Start(VictimSettings settings, TextWriter log)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        start.ArgumentList.Add(VictimSettings.Mode);
        start.ArgumentList.Add(settings.Format());
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var victim = new VictimProcess(process);
        process.OutputDataReceived += (_, line) => victim.Hear(line.Data, log);
        process.ErrorDataReceived += (_, line) => victim.Hear(line.Data, log);
        process.Exited += (_, _) => victim._ready.TrySetException(new InvalidOperationException("The server ended before it was ready."));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return victim;
    }

    /// <summary>Waits until it listens.</summary>
    /// <exception cref="TimeoutException">It took more than a minute.</exception>
    /// <exception cref="InvalidOperationException">It ended before.</exception>
    public Task<Uri> WaitReadyAsync() => _ready.Task.WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    /// <exception cref="TimeoutException">It did not end within a minute.</exception>
    /// <exception cref="InvalidOperationException">It had ended before.</exception>
    public async Task<int> StopAsync()
    {
        if (SendSignal(_process.Id, SigTerm) != 0)
        {
            throw new InvalidOperationException("The server cannot be stopped: it has ended before.");
        }

        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        // Nobody may wait for it any more.
        _ = _ready.Task.Exception;
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    private void Hear(string? line, TextWriter log)
    {
        switch (line?.Split(' '))
        {
            case [VictimReport.ReadyWord, var address, var milliseconds]:
                ReadyMilliseconds = double.Parse(milliseconds, CultureInfo.InvariantCulture);
                _ready.TrySetResult(new Uri(address));
                break;
            case [VictimReport.DispatchWord, var milliseconds]:
                DispatchMilliseconds = double.Parse(milliseconds, CultureInfo.InvariantCulture);
                break;
            case not null:
                log.WriteLine(line);
                break;
        }
    }
}
