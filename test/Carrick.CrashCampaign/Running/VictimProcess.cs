using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>One life of the victim.</summary>
internal sealed partial class VictimProcess : IDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int KilledCode = 128 + 9;
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, bool> _isFailure;
    private volatile bool _ending;
    private volatile bool _takenOver;

    public int Id => _process.Id;

    private VictimProcess(Process process, Func<string, bool> isFailure) => (_process, _isFailure) = (process, isFailure);

    /// <summary>Whether it has said that another has taken its store over.</summary>
    public bool IsTakenOver => _takenOver;

    /// <summary>Ends when it listens.</summary>
    public Task<Uri> Ready => _ready.Task;

    /// <summary>Ends, with an exception, when it has failed.</summary>
    public Task Failed => _failed.Task;

    /// <summary>From the start of the process to listening, or <see langword="null"/>.</summary>
    public double? ReadyMilliseconds { get; private set; }

    /// <summary>From the start of the process to the first handler call, or <see langword="null"/>.</summary>
    public double? DispatchMilliseconds { get; private set; }

    /// <param name="settings">What it is told.</param>
    /// <param name="log">Gets what it writes.</param>
    /// <param name="isFailure">Which of its lines say that it has failed.</param>
    public static VictimProcess Start(VictimSettings settings, TextWriter log, Func<string, bool> isFailure)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        start.ArgumentList.Add(VictimSettings.Mode);
        start.ArgumentList.Add(settings.Format());
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var victim = new VictimProcess(process, isFailure);
        process.OutputDataReceived += (_, line) => victim.Hear(line.Data, log);
        process.ErrorDataReceived += (_, line) => victim.Hear(line.Data, log);
        process.Exited += (_, _) => victim.NoteEnd();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return victim;
    }

    /// <summary>Waits until it listens.</summary>
    /// <exception cref="VictimFailedException">It ended before, or it took more than a minute.</exception>
    public async Task<Uri> WaitReadyAsync()
    {
        await WatchAsync(Task.WhenAny(_ready.Task, Task.Delay(TimeSpan.FromMinutes(1))));
        return _ready.Task.IsCompleted ? await _ready.Task : throw new VictimFailedException("The server did not listen within a minute.");
    }

    /// <summary>Waits for work that needs the server alive.</summary>
    /// <exception cref="VictimFailedException">The server failed first; the work is left to itself.</exception>
    public async Task WatchAsync(Task work)
    {
        await Task.WhenAny(work, _failed.Task);
        if (work.IsFaulted)
        {
            // A request that fails because the server has ended is noticed before the end is.
            await Task.WhenAny(_failed.Task, Task.Delay(TimeSpan.FromSeconds(2)));
        }

        await (_failed.Task.IsCompleted ? _failed.Task : work);
    }

    /// <summary>The same for work that gives something.</summary>
    public async Task<T> WatchAsync<T>(Task<T> work)
    {
        await WatchAsync((Task)work);
        return await work;
    }

    /// <summary>SIGKILL.</summary>
    /// <exception cref="VictimFailedException">It had ended by itself, or said that something is broken.</exception>
    public async Task KillAsync()
    {
        var hadEnded = _process.HasExited;
        _ending = true;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        if (hadEnded || _process.ExitCode != KilledCode)
        {
            NoteEndByItself();
        }

        await ThrowIfFailedAsync();
    }

    /// <summary>SIGTERM.</summary>
    /// <exception cref="TimeoutException">It did not end within a minute.</exception>
    /// <exception cref="VictimFailedException">It had ended before, or ended otherwise than cleanly.</exception>
    public async Task StopAsync()
    {
        await ThrowIfFailedAsync();
        _ending = true;
        Signal(SigTerm);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await ThrowIfFailedAsync();
        if (_process.ExitCode != 0)
        {
            throw new VictimFailedException($"The server ended with exit code {_process.ExitCode} after SIGTERM.");
        }
    }

    /// <summary>SIGSTOP: it stands still until <see cref="Resume"/>.</summary>
    public void Suspend() => Signal(SigStop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(SigCont);

    /// <summary>Waits until it ends by itself, which it may do from now on.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="VictimFailedException">It did not end in time.</exception>
    public async Task<int> WaitEndAsync(TimeSpan patience)
    {
        _ending = true;
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            throw new VictimFailedException($"The server did not end within {patience.TotalSeconds} s.");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        // Nobody may wait for it any more.
        _ = _failed.Task.Exception;
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    private void Signal(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0)
        {
            throw new VictimFailedException("The server cannot be sent a signal: it has ended before.");
        }
    }

    private Task ThrowIfFailedAsync() => _failed.Task.IsCompleted ? _failed.Task : Task.CompletedTask;

    private void NoteEnd()
    {
        if (!_ending)
        {
            NoteEndByItself();
        }
    }

    private void NoteEndByItself() =>
        _failed.TrySetException(new VictimFailedException($"The server ended by itself with exit code {_process.ExitCode}."));

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
                _takenOver |= VictimLog.IsTakenOver(line);
                if (_isFailure(line))
                {
                    _failed.TrySetException(new VictimFailedException($"The server logged: {line}"));
                }

                break;
        }
    }
}
