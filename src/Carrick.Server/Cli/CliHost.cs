namespace Carrick.Server.Cli;

/// <summary>What the command line needs from the process it runs in.</summary>
internal sealed record CliHost
{
    /// <summary>Standard output, for text.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard output, for bytes.</summary>
    public required Stream RawOutput { get; init; }

    /// <summary>Whether <see cref="Output"/> is a terminal.</summary>
    public required bool Terminal { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The host of this process.</summary>
    public static CliHost ForProcess() => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        RawOutput = Console.OpenStandardOutput(),
        Terminal = !Console.IsOutputRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
    };
}
