using System.Diagnostics;
using System.Globalization;
using Carrick.Simulation.World;

namespace Carrick.Simulation;

/// <summary>Runs seeds one after another in this process, and says what came of them.</summary>
internal sealed class Worker(SimulationOptions options, TextWriter output)
{
    /// <summary>Every so many-th seed is run twice: the same seed must do the same.</summary>
    private const long Repeated = 20;

    // A seed takes milliseconds. Whoever needs this long turns in a circle without a step, or waits for something real.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private ulong _fingerprint;
    private long _run;
    private long _failed;
    private long _steps;
    private long _lives;

    /// <summary>Runs them all.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        for (var seed = options.From; seed < options.From + options.Seeds; seed += options.Stride)
        {
            if (_watch.Elapsed > options.TimeLimit)
            {
                Summarise();
                return _failed > 0 ? ExitCode.Findings : ExitCode.Unfinished;
            }

            var result = Run(seed);
            Note(result);
            if (seed % Repeated == 0 && Run(seed) is var again && again.Trace.Hash != result.Trace.Hash)
            {
                _failed++;
                output.WriteLine($"Seed {seed} does not repeat: its traces have the hashes {result.Trace.Hash:x16} and {again.Trace.Hash:x16}.");
            }
        }

        Summarise();
        return _failed > 0 ? ExitCode.Findings : ExitCode.Clean;
    }

    private SimulationResult Run(long seed)
    {
        var simulation = new World.Simulation((ulong)seed, options.Sabotage);
        var running = simulation.RunAsync();
        if (running.Wait(Patience))
        {
            return running.Result;
        }

        output.WriteLine($"Seed {seed} stands still after {simulation.Scheduler.Steps} steps; the last that happened:");
        var lines = simulation.Trace.Lines;
        for (var i = Math.Max(0, lines.Count - 20); i < lines.Count; i++)
        {
            output.WriteLine(lines[i]);
        }

        output.WriteLine($"Again: {Command(seed)}");
        output.Flush();
        // The worker of the thread pool is lost: nothing else can run here.
        Environment.Exit(ExitCode.Findings);
        return null!;
    }

    private void Note(SimulationResult result)
    {
        _run++;
        _steps += result.Steps;
        _lives += result.Lives;
        _fingerprint ^= result.Trace.Hash;
        if (result.Findings.Count > 0)
        {
            _failed++;
            output.WriteLine($"Seed {result.Seed} breaks promises:");
            foreach (var finding in result.Findings.Take(10))
            {
                output.WriteLine($"  {finding}");
            }

            output.WriteLine($"Again: {Command((long)result.Seed)} --trace");
        }

        if (options.Trace)
        {
            Print(result.Trace.Lines);
        }
        else if (result.Findings.Count > 0)
        {
            Print(TraceExtract.About(result));
        }

        if (options.IsOne)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {result.Seed}: {result.Elapsed} of virtual time, hash {result.Trace.Hash:x16}"));
        }

        output.Flush();
    }

    private void Print(IEnumerable<Scheduling.TraceLine> lines)
    {
        foreach (var line in lines)
        {
            output.WriteLine(line);
        }
    }

    private void Summarise() => output.WriteLine(new Summary(_run, _failed, _steps, _lives, _fingerprint).Format());

    private string Command(long seed) => $"dotnet run --project test/Carrick.Simulation -- --seed {seed}{(options.SabotageName is null ? "" : $" --sabotage {options.SabotageName}")}";
}
