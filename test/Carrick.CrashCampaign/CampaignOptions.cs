using System.Globalization;

namespace Carrick.CrashCampaign;

/// <summary>What the command line asks for.</summary>
internal sealed record CampaignOptions
{
    private const string Usage = """
        Usage: carrick-crash [--cycles N] [--seed S] [--store sqlite] [--handlers own|engine] [--connections N] [--dir DIR] [--keep]
          --cycles       kills of the server; 1 to 100,000; default 50
          --seed         repeats the choices of a run; default: from the clock, and printed
          --store        where the engine keeps its events; default sqlite
          --handlers     the database of the handlers: their own file, or the engine's; default own
          --connections  senders; 1 to 64; default 8
          --dir          where databases and history go; default: a new directory under the temporary one
          --keep         keep that directory; it is kept after violations in any case
        Exit code: 0 clean, 1 violations, 2 wrong usage, 3 the run could not be finished.
        """;

    public int Cycles { get; private init; } = 50;

    public int Seed { get; private init; } = (int)(DateTime.UtcNow.Ticks & int.MaxValue);

    public bool EngineDatabaseForHandlers { get; private init; }

    public int Connections { get; private init; } = 8;

    public string? Directory { get; private init; }

    public bool Keep { get; private init; }

    public static CampaignOptions? TryParse(string[] args, TextWriter error)
    {
        var options = new CampaignOptions();
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            CampaignOptions? next = args[i] switch
            {
                "--cycles" when Number(value, 1, 100_000) is { } cycles => options with { Cycles = cycles },
                "--seed" when Number(value, 0, int.MaxValue) is { } seed => options with { Seed = seed },
                "--store" when value == "sqlite" => options,
                "--handlers" when value is "own" or "engine" => options with { EngineDatabaseForHandlers = value == "engine" },
                "--connections" when Number(value, 1, 64) is { } connections => options with { Connections = connections },
                "--dir" when value.Length > 0 => options with { Directory = Path.GetFullPath(value) },
                "--keep" => options with { Keep = true },
                _ => null,
            };
            if (next is null)
            {
                error.WriteLine($"Cannot use '{args[i]} {value}'.");
                error.WriteLine(Usage);
                return null;
            }

            options = next;
            i += args[i] == "--keep" ? 0 : 1;
        }

        return options;
    }

    private static int? Number(string text, int min, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : null;
}
