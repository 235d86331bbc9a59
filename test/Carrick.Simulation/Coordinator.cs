using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Carrick.Simulation;

/// <summary>Shares the seeds out among processes of this program: one simulation needs the whole thread pool of its process.</summary>
internal sealed class Coordinator(SimulationOptions options, TextWriter output)
{
    private readonly Lock _lock = new();
    private Summary _sum = Summary.Empty;

    /// <summary>Runs them all.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        var watch = Stopwatch.StartNew();
        var workers = (int)Math.Min(options.Workers, options.Seeds);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Seeds} seeds from {options.From} in {workers} processes"));
        Process[] processes = [.. Enumerable.Range(0, workers).Select(number => Start(number, workers))];
        Thread[] readers = [.. processes.Select(Read)];
        foreach (var reader in readers)
        {
            reader.Join();
        }

        var codes = processes.Select(process =>
        {
            process.WaitForExit();
            return process.ExitCode;
        }).ToList();
        output.WriteLine(_sum.Format());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:F1} s"));
        return codes.Contains(ExitCode.Findings) ? ExitCode.Findings : codes.TrueForAll(code => code == ExitCode.Clean) ? ExitCode.Clean : ExitCode.Unfinished;
    }

    private Process Start(int number, int workers)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        List<string> arguments =
        [
            "--from", Text(options.From + number), "--seeds", Text(options.Seeds - number), "--stride", Text(workers),
            .. options.TimeLimit is { } limit ? (string[])["--time-limit", Text((long)limit.TotalSeconds)] : [],
            .. options.SabotageName is { } sabotage ? (string[])["--sabotage", sabotage] : [],
        ];
        arguments.ForEach(start.ArgumentList.Add);
        return Process.Start(start) ?? throw new InvalidOperationException("A worker did not start.");
    }

    private Thread Read(Process process)
    {
        var reader = new Thread(() =>
        {
            while (process.StandardOutput.ReadLine() is { } line)
            {
                lock (_lock)
                {
                    if (Summary.TryParse(line) is { } summary)
                    {
                        _sum = _sum.Add(summary);
                    }
                    else
                    {
                        output.WriteLine(line);
                    }
                }
            }
        });
        reader.Start();
        return reader;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
