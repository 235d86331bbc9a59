using System.Globalization;
using Carrick.CrashCampaign.Faults;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>Reads the command line.</summary>
internal static class CampaignArguments
{
    public const string Usage = """
        Usage: carrick-crash [--cycles N | --cuts N | --shuffled N | --zombies N] [--seed S] [--store sqlite|postgres]
                             [--handlers own|engine|both] [--faults LIST] [--connections N] [--patience SECONDS] [--sabotage NAME]
                             [--dir DIR] [--keep]
        What is done to the server under load, once or several times (default: --cycles 50):
          --cycles       kill -9 at random moments; 1 to 100,000
          --cuts         connections to PostgreSQL are cut at a COMMIT, before or after the server gets it; 1 to 1,000,000
          --shuffled     deliveries of a tenth as many messages, each up to 20 times, in no order; 10 to 10,000,000
          --zombies      of two servers on one PostgreSQL schema, one that works is suspended (SIGSTOP) until what it had is taken
                         over, and then wakes up; 1 to 10,000
        How:
          --seed         repeats the choices of a run; default: from the clock, and printed
          --store        where the engine keeps its events; postgres starts a server of its own, and --cuts and --zombies imply it;
                         default sqlite
          --handlers     the database of the handlers: their own, the engine's, or one handler in each; default own. Two more
                         consumers are HTTP endpoints
          --faults       what fails besides in each cycle, separated by commas, or all:
                           network     connections to PostgreSQL and to the endpoints: slow, reset, half-open, cut short, refused
                           commit      connections to PostgreSQL are cut at a COMMIT
                           postmaster  PostgreSQL is stopped at once, its postmaster or one of its backends is killed
          --connections  senders; 1 to 64; default 8
          --patience     seconds without an acknowledgement after which the server counts as hung; 1 to 600; default 20
          --sabotage     a fault to plant into the server, which the campaign has to find: ack-early, book-outside, skip-ledger,
                         exit, hang, complain
          --dir          where databases and history go; default: a new directory under the temporary one
          --keep         keep that directory; it is kept after violations in any case
          --help         this text
        Examples:
          carrick-crash --cycles 25 --handlers both
          carrick-crash --cycles 25 --handlers both --store postgres --faults all
          carrick-crash --cuts 100 --handlers both
          carrick-crash --zombies 5 --handlers both
        Exit code: 0 clean, 1 violations, 2 wrong usage, 3 the run could not be finished,
        4 the server ended or fell silent by itself, logged an error, or was slow to come back or to take over.
        """;

    /// <returns><see langword="null"/> after a mistake, which is explained.</returns>
    public static CampaignOptions? TryParse(string[] args, TextWriter error)
    {
        var options = new CampaignOptions();
        var kinds = 0;
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (Read(options, args[i], value) is not { } next)
            {
                return Refuse(error, $"Cannot use '{args[i]} {value}'.");
            }

            kinds += args[i] is "--cycles" or "--cuts" or "--shuffled" or "--zombies" ? 1 : 0;
            options = next;
            i += args[i] == "--keep" ? 0 : 1;
        }

        return kinds > 1 ? Refuse(error, "A run does one of --cycles, --cuts, --shuffled and --zombies.")
            : Contradiction(options) is { } contradiction ? Refuse(error, contradiction)
            : options;
    }

    private static CampaignOptions? Read(CampaignOptions options, string name, string value) => name switch
    {
        "--cycles" when Number(value, 1, 100_000) is { } count => options with { Kind = CampaignKind.Kills, Count = count },
        "--cuts" when Number(value, 1, 1_000_000) is { } count => options with { Kind = CampaignKind.Cuts, Count = count, Postgres = true, Faults = options.Faults | FaultKinds.Commit },
        "--shuffled" when Number(value, 10, 10_000_000) is { } count => options with { Kind = CampaignKind.Shuffled, Count = count },
        "--zombies" when Number(value, 1, 10_000) is { } count => options with { Kind = CampaignKind.Zombies, Count = count, Postgres = true },
        "--seed" when Number(value, 0, int.MaxValue) is { } seed => options with { Seed = seed },
        "--store" when value is "sqlite" or "postgres" => options with { Postgres = value == "postgres" },
        "--handlers" when Name<HandlerPlace>(value) is { } place => options with { Handlers = place },
        "--faults" when FaultsOf(value) is { } faults => options with { Faults = options.Faults | faults },
        "--patience" when Number(value, 1, 600) is { } seconds => options with { Patience = TimeSpan.FromSeconds(seconds) },
        "--sabotage" when Name<Sabotage>(value) is { } sabotage => options with { Sabotage = sabotage },
        "--connections" when Number(value, 1, 64) is { } connections => options with { Connections = connections },
        "--dir" when value.Length > 0 => options with { Directory = Path.GetFullPath(value) },
        "--keep" => options with { Keep = true },
        _ => null,
    };

    private static string? Contradiction(CampaignOptions options) => options switch
    {
        { Postgres: true, Sabotage: Sabotage.SkipLedger } => "The sabotage skip-ledger is made for SQLite.",
        { Postgres: false, Kind: CampaignKind.Cuts or CampaignKind.Zombies } => "Only PostgreSQL has connections to cut and a second server.",
        { Postgres: false, Faults: not (FaultKinds.None or FaultKinds.Network) } => "The faults commit and postmaster need --store postgres.",
        { Kind: CampaignKind.Cuts, Faults: not FaultKinds.Commit } or { Kind: CampaignKind.Shuffled or CampaignKind.Zombies, Faults: not FaultKinds.None } =>
            "--faults goes with --cycles.",
        _ => null,
    };

    private static CampaignOptions? Refuse(TextWriter error, string why)
    {
        error.WriteLine(why);
        error.WriteLine(Usage);
        return null;
    }

    private static FaultKinds? FaultsOf(string list)
    {
        var all = FaultKinds.None;
        foreach (var name in list.Split(','))
        {
            if (Name<FaultKinds>(name) is not { } kind || kind == FaultKinds.None)
            {
                return null;
            }

            all |= kind;
        }

        return all;
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
