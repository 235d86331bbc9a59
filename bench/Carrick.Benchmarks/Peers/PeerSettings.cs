namespace Carrick.Benchmarks.Peers;

/// <summary>The options of the comparison with peers.</summary>
internal sealed record PeerSettings
{
    private static readonly string[] AllScenarios = ["s1", "s2", "s4", "s5a", "s5b", "s5c", "nodes"];

    /// <summary>Which scenarios run, in this order.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = AllScenarios;

    /// <summary>The names of the peers; empty for all. Carrick always runs.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary>How often each peer is measured, in turn with the others.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Length of one measurement.</summary>
    public int Seconds { get; init; } = 10;

    /// <summary>Connections of a closed loop; S1 and S2 take all, the nodes the last, the others the first.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [32, 256];

    /// <summary>Requests per second of the open loop of S1, the same for every peer.</summary>
    public int Rate { get; init; } = 500;

    /// <summary>Events of the backlog that S2 burns down.</summary>
    public int Backlog { get; init; } = 50_000;

    /// <summary>Minutes of load while S5 holds a snapshot open.</summary>
    public int Minutes { get; init; } = 10;

    /// <summary>Delayed jobs that S5 keeps resident.</summary>
    public int Delayed { get; init; } = 5_000_000;

    /// <summary>The longest wait for outstanding work, in seconds.</summary>
    public int Patience { get; init; } = 180;

    /// <summary>Whether every peer runs for two seconds only, to show that what is measured is true.</summary>
    public bool IsSmoke { get; init; }

    /// <summary>Where temporary files are made.</summary>
    public string Data { get; init; } = Path.Combine(Path.GetTempPath(), "carrick-benchmarks");

    /// <summary>The settings of a generator; the site says where it sends to.</summary>
    public Settings ToLoad() => new() { Seconds = Seconds, Connections = Connections[0], Data = Data };

    /// <returns>What is wrong, or <see langword="null"/>.</returns>
    public static string? TryParse(string[] args, out PeerSettings settings)
    {
        settings = new PeerSettings();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--smoke")
            {
                settings = settings with { IsSmoke = true };
                continue;
            }

            if (i + 1 == args.Length)
            {
                return $"{args[i]}: a value is missing.";
            }

            if (settings.With(args[i], args[++i]) is not { } next)
            {
                return $"{args[i - 1]} {args[i]}: unknown option, or a value that it does not take.";
            }

            settings = next;
        }

        return null;
    }

    private PeerSettings? With(string name, string value)
    {
        var numbers = Settings.Numbers(value) ?? [0];
        return (name, numbers[0] > 0) switch
        {
            ("--scenario", _) when Scenario(value) is { Length: > 0 } scenarios => this with { Scenarios = scenarios },
            ("--peer", _) when value.Split(',').All(PeerCatalog.Knows) => this with { Peers = value.Split(',') },
            ("--data", _) => this with { Data = value },
            ("--connections", true) when numbers.All(number => number > 0) => this with { Connections = numbers },
            ("--repetitions", true) => this with { Repetitions = numbers[0] },
            ("--seconds", true) => this with { Seconds = numbers[0] },
            ("--rate", true) => this with { Rate = numbers[0] },
            ("--backlog", true) => this with { Backlog = numbers[0] },
            ("--minutes", true) => this with { Minutes = numbers[0] },
            ("--delayed", true) => this with { Delayed = numbers[0] },
            ("--patience", true) => this with { Patience = numbers[0] },
            _ => null,
        };
    }

    // A name stands for all that begin with it: s5 for s5a, s5b and so on.
    private static string[] Scenario(string value) =>
        value == "all" ? AllScenarios : [.. AllScenarios.Where(scenario => value.Split(',').Any(name => name.Length >= 2 && scenario.StartsWith(name, StringComparison.Ordinal)))];
}
