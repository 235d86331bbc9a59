using System.Globalization;

namespace Carrick.Benchmarks;

/// <summary>The options of all commands.</summary>
internal sealed record Settings
{
    /// <summary>Length of one measurement.</summary>
    public int Seconds { get; init; } = 8;

    public int Repetitions { get; init; } = 3;

    public int Connections { get; init; } = 64;

    /// <summary>Events to store before a measurement.</summary>
    public int Events { get; init; } = 1_000_000;

    /// <summary>Deliveries that are outstanding.</summary>
    public int Backlog { get; init; } = 100_000;

    /// <summary>The handler's concurrency; 0 for the default.</summary>
    public int Concurrency { get; init; }

    /// <summary>Requests per second of an open loop; 0 for a closed loop.</summary>
    public int Rate { get; init; }

    /// <summary>The most requests of one run; 0 for no limit.</summary>
    public int Limit { get; init; }

    /// <summary>Where the server listens, 0 for a free port; a generator spreads its connections over several.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [0];

    /// <summary>The number of keys, each sent in order and nothing twice; 0 for one key in all requests, in no order.</summary>
    public int Keys { get; init; }

    /// <summary>The share of the events whose work fails at first; in order only.</summary>
    public int FailingPercent { get; init; }

    /// <summary>Whether the server is killed during the load, so that a closed connection is expected.</summary>
    public bool Breaks { get; init; }

    /// <summary>The file that gets the message id of every request that was answered with 2xx; empty for none.</summary>
    public string Acknowledged { get; init; } = "";

    /// <summary>How long the server keeps what it has, instead of its defaults; 0 for those. Shorter than an operator may choose.</summary>
    public int RetentionSeconds { get; init; }

    /// <summary>How long a soak lasts.</summary>
    public int SoakSeconds { get; init; } = 600;

    /// <summary>What gets the events: <c>gated</c> (they wait) or <c>handler</c>.</summary>
    public string Consumer { get; init; } = "gated";

    /// <summary>What keeps the events: <c>sqlite</c> or <c>postgres</c>, a server that is started for each run.</summary>
    public string Store { get; init; } = "sqlite";

    /// <summary>The connection string of a run's server; empty for SQLite.</summary>
    public string Postgres { get; init; } = "";

    /// <summary>Where databases are made, each run in a directory of its own that is deleted after it.</summary>
    public string Data { get; init; } = Path.Combine(Path.GetTempPath(), "carrick-benchmarks");

    /// <summary>A closed loop that compiles every path of the server, before a measurement: by count, because a busy machine does less in a second.</summary>
    public Settings ToWarmUp() => this with { Limit = 40_000, Seconds = 30, Rate = 0 };

    /// <returns>What is wrong, or <see langword="null"/>.</returns>
    public static string? TryParse(string[] args, out Settings settings)
    {
        settings = new Settings();
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            var (name, value) = (args[i], args[i + 1]);
            var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            Settings? next = (name, isNumber) switch
            {
                ("--ports", _) when Numbers(value) is { } ports => settings with { Ports = ports },
                ("--data", _) => settings with { Data = value },
                ("--consumer", _) => settings with { Consumer = value },
                ("--store", _) when value is "sqlite" or "postgres" => settings with { Store = value },
                ("--postgres", _) => settings with { Postgres = value },
                ("--acknowledged", _) => settings with { Acknowledged = value },
                ("--seconds", true) => settings with { Seconds = number },
                ("--repetitions", true) => settings with { Repetitions = number },
                ("--connections", true) => settings with { Connections = number },
                ("--events", true) => settings with { Events = number },
                ("--backlog", true) => settings with { Backlog = number },
                ("--concurrency", true) => settings with { Concurrency = number },
                ("--rate", true) => settings with { Rate = number },
                ("--limit", true) => settings with { Limit = number },
                ("--keys", true) => settings with { Keys = number },
                ("--failing", true) => settings with { FailingPercent = number },
                ("--retention", true) => settings with { RetentionSeconds = number },
                ("--soak", true) => settings with { SoakSeconds = number },
                ("--breaks", true) => settings with { Breaks = number > 0 },
                _ => null,
            };
            if (next is null)
            {
                return $"{name} {value}: unknown option, or not a number.";
            }

            settings = next;
        }

        return args.Length % 2 == 0 ? null : $"{args[^1]}: a value is missing.";
    }

    /// <summary>The arguments that give these settings again.</summary>
    public string[] ToArguments() =>
    [
        "--seconds", Text(Seconds), "--repetitions", Text(Repetitions), "--connections", Text(Connections), "--events", Text(Events),
        "--backlog", Text(Backlog), "--concurrency", Text(Concurrency), "--rate", Text(Rate), "--limit", Text(Limit), "--ports", string.Join(',', Ports.Select(Text)),
        "--keys", Text(Keys), "--failing", Text(FailingPercent), "--breaks", Text(Breaks ? 1 : 0),
        "--retention", Text(RetentionSeconds), "--soak", Text(SoakSeconds),
        "--consumer", Consumer, "--store", Store, "--postgres", Postgres, "--data", Data, "--acknowledged", Acknowledged,
    ];

    /// <returns>Numbers with commas between them, or <see langword="null"/> if one is none.</returns>
    public static int[]? Numbers(string value)
    {
        var parts = value.Split(',');
        int[] numbers = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)];
        return numbers.Contains(-1) ? null : numbers;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
