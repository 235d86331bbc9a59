using System.Globalization;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign;

/// <summary>What the command line asks for.</summary>
internal sealed record CampaignOptions
{
    private const string Usage = """
        Usage: carrick-crash [--cycles N] [--seed S] [--store sqlite|postgres] [--handlers own|engine|both] [--connections N]
                             [--patience SECONDS] [--sabotage NAME] [--dir DIR] [--keep]
          --cycles       kills of the server; 1 to 100,000; default 50
          --seed         repeats the choices of a run; default: from the clock, and printed
          --store        where the engine keeps its events; postgres starts a server of its own; default sqlite
          --handlers     the database of the handlers: their own, the engine's, or one handler in each; default own
          --connections  senders; 1 to 64; default 8
          --patience     seconds without an acknowledgement after which the server counts as hung; 1 to 600; default 20
          --sabotage     a fault to plant into the server, which the campaign has to find: ack-early, book-outside, skip-ledger,
                         exit, hang, complain
          --dir          where databases and history go; default: a new directory under the temporary one
          --keep         keep that directory; it is kept after violations in any case
        Exit code: 0 clean, 1 violations, 2 wrong usage, 3 the run could not be finished,
        4 the server ended or fell silent by itself, logged an error, or was slow to come back.
        """;

    public int Cycles { get; private init; } = 50;

    public int Seed { get; private init; } = (int)(DateTime.UtcNow.Ticks & int.MaxValue);

    public bool Postgres { get; private init; }

    public HandlerPlace Handlers { get; private init; }

    public TimeSpan Patience { get; private init; } = TimeSpan.FromSeconds(20);

    public Sabotage Sabotage { get; private init; }

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
                "--store" when value is "sqlite" or "postgres" => options with { Postgres = value == "postgres" },
                "--handlers" when Name<HandlerPlace>(value) is { } place => options with { Handlers = place },
                "--patience" when Number(value, 1, 600) is { } seconds => options with { Patience = TimeSpan.FromSeconds(seconds) },
                "--sabotage" when Name<Sabotage>(value) is { } sabotage => options with { Sabotage = sabotage },
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

        if (options is { Postgres: true, Sabotage: Sabotage.SkipLedger })
        {
            error.WriteLine("The sabotage skip-ledger is made for SQLite.");
            return null;
        }

        return options;
    }

    private static T? Name<T>(string text)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    private static int? Number(string text, int min, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : null;
}
