using System.Globalization;
using Carrick.Simulation.Faults;

namespace Carrick.Simulation;

/// <summary>What the command line asks for.</summary>
internal sealed record SimulationOptions
{
    public const string Usage = """
        Usage: carrick-simulate [--seeds N] [--from S] [--workers N] [--time-limit SECONDS] [--sabotage NAME]
               carrick-simulate --seed S [--trace] [--sabotage NAME]
        Runs the engine's own code in virtual time over a store, handler databases and endpoints that fail, and checks the engine's invariants.
        A seed decides everything, so that it repeats everything.
          --seeds        simulations; 1 to 100,000,000; default 2,000
          --from         the first seed; default 1
          --workers      processes; 1 to 64; default: one for each processor
          --time-limit   seconds after which no seed is begun any more; 1 to 1,000,000; default: none
          --seed         one seed, and what came of it
          --trace        with --seed: everything that happened, line by line
          --sabotage     a bug to plant, which has to be found: NAMES
        Examples:
          carrick-simulate                              2,000 seeds, as the tests do
          carrick-simulate --from 2001 --seeds 100000   others
          carrick-simulate --seed 918 --trace           one again
        Exit code: 0 clean, 1 an invariant is broken, 2 wrong usage, 3 not all seeds were run.
        """;

    public long Seeds { get; private init; } = 2_000;

    public long From { get; private init; } = 1;

    /// <summary>Only every so many-th seed; what a worker is given.</summary>
    public long Stride { get; private init; } = 1;

    public int Workers { get; private init; } = Environment.ProcessorCount;

    public TimeSpan? TimeLimit { get; private init; }

    public bool IsOne { get; private init; }

    public bool Trace { get; private init; }

    public Sabotage Sabotage { get; private init; } = Sabotage.None;

    public string? SabotageName { get; private init; }

    /// <summary>Reads the arguments.</summary>
    /// <returns><see langword="null"/> if they are wrong, which was said.</returns>
    public static SimulationOptions? TryParse(IReadOnlyList<string> args, TextWriter error)
    {
        var options = new SimulationOptions();
        for (var i = 0; i < args.Count; i++)
        {
            var value = i + 1 < args.Count ? args[i + 1] : "";
            var next = args[i] switch
            {
                "--seeds" when Number(value, 1, 100_000_000) is { } seeds => options with { Seeds = seeds },
                "--from" when Number(value, 0, long.MaxValue / 2) is { } from => options with { From = from },
                "--stride" when Number(value, 1, 64) is { } stride => options with { Stride = stride, Workers = 1 },
                "--workers" when Number(value, 1, 64) is { } workers => options with { Workers = (int)workers },
                "--time-limit" when Number(value, 1, 1_000_000) is { } seconds => options with { TimeLimit = TimeSpan.FromSeconds(seconds) },
                "--seed" when Number(value, 0, long.MaxValue / 2) is { } seed => options with { From = seed, Seeds = 1, Workers = 1, IsOne = true },
                "--sabotage" when Sabotages.Find(value) is { } sabotage => options with { Sabotage = sabotage, SabotageName = value },
                "--trace" => options with { Trace = true },
                _ => null,
            };
            if (next is null)
            {
                error.WriteLine($"Cannot use '{args[i]} {value}'.");
                error.WriteLine(UsageText);
                return null;
            }

            options = next;
            i += args[i] == "--trace" ? 0 : 1;
        }

        return options;
    }

    public static string UsageText => Usage.Replace("NAMES", string.Join(", ", Sabotages.Names), StringComparison.Ordinal);

    private static long? Number(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : null;
}
