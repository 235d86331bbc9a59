using System.Diagnostics;
using System.Text;

namespace Carrick.TestServices.Processes;

/// <summary>One run of a service, as an unprivileged user, that does not outlive the tests.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const int TailBytes = 4_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string _name;
    private readonly string _log;
    private readonly long _logStart;
    private readonly string _lastSignal;
    private readonly Process _guard;
    private bool _disposed;

    private ServiceProcess(string name, string log, long logStart, string lastSignal, Process guard) =>
        (_name, _log, _logStart, _lastSignal, _guard) = (name, log, logStart, lastSignal, guard);

    /// <summary>Starts a command whose output goes to a log file in the folder.</summary>
    /// <param name="folder">Where it works. It is deleted if the tests end without ending the service.</param>
    /// <param name="name">For errors and for the name of the log file.</param>
    /// <param name="lastSignal">What ends the service in that case, and when it is disposed of.</param>
    /// <param name="command">The executable, and its arguments.</param>
    public static ServiceProcess Start(ServiceFolder folder, string name, string lastSignal, params IEnumerable<string> command)
    {
        var log = folder.File(name + ".log");
        var logStart = File.Exists(log) ? new FileInfo(log).Length : 0;
        string[] arguments = ["-c", ServiceGuard.Script, "guard", log, folder.Path, lastSignal, .. UnprivilegedUser.Command(command)];
        var guard = Process.Start(new ProcessStartInfo("/bin/sh", arguments) { RedirectStandardInput = true, WorkingDirectory = folder.Path })!;
        guard.StandardInput.AutoFlush = true;
        return new ServiceProcess(name, log, logStart, lastSignal, guard);
    }

    public bool HasExited => _guard.HasExited;

    /// <summary>Waits until the probe no longer throws what it throws while the service is not ready.</summary>
    /// <exception cref="ServiceEndedException">The service has ended.</exception>
    /// <exception cref="TimeoutException">The service is not ready after a minute.</exception>
    public async Task ReadyAsync<TNotReady>(Func<CancellationToken, Task> probe, CancellationToken cancellationToken)
        where TNotReady : Exception
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (HasExited)
            {
                throw new ServiceEndedException(_name, LogTail());
            }

            try
            {
                await probe(cancellationToken);
                return;
            }
            catch (TNotReady) when (waited.Elapsed < Patience)
            {
                await Task.Delay(Pause, cancellationToken);
            }
            catch (TNotReady error)
            {
                throw new TimeoutException($"{_name} is not ready after {waited.Elapsed}: {error.Message}\nThe end of its log:\n{LogTail()}", error);
            }
        }
    }

    /// <summary>Sends a signal that ends the service, and waits for its end.</summary>
    /// <exception cref="TimeoutException">It has not ended after a minute.</exception>
    public void End(string signal)
    {
        var waited = Stopwatch.StartNew();
        while (!HasExited)
        {
            if (waited.Elapsed > Patience)
            {
                throw new TimeoutException($"{_name} has not ended after {signal}. The end of its log:\n{LogTail()}");
            }

            // Again and again: the shell starts a command in the background with INT and QUIT ignored, until it handles them itself.
            Send(signal);
            _guard.WaitForExit(Repeat);
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        // Before the end of the guard's input, which would have the folder deleted.
        _disposed = true;
        End(_lastSignal);
        _guard.Dispose();
    }

    private void Send(string signal)
    {
        try
        {
            _guard.StandardInput.WriteLine(signal);
        }
        catch (IOException) when (_guard.WaitForExit(Patience))
        {
            // It ended by itself at this moment.
        }
    }

    private string LogTail()
    {
        if (!File.Exists(_log))
        {
            return "(no log)";
        }

        using var file = new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = Math.Max(_logStart, file.Length - TailBytes);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
