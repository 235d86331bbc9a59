using System.CommandLine;
using Carrick.Server.Cli.Api;

namespace Carrick.Server.Cli;

/// <summary>One run of one command.</summary>
internal sealed class CliContext(CliApp app, ParseResult parse) : IDisposable
{
    private ApiClient? _api;

    public CliHost Host => app.Host;

    public bool Json => parse.GetValue(app.OutputOption) == "json";

    public ResultPrinter Printer => new(app.Host, Json);

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetRequiredValue(argument);

    /// <summary>An argument that may be left out.</summary>
    public string? Find(Argument<string?> argument) => parse.GetValue(argument);

    /// <summary>Whether the user gave the option.</summary>
    public bool Has(Option option) => parse.GetResult(option) is { Implicit: false };

    /// <summary>The client for the server that the arguments and the environment name.</summary>
    /// <exception cref="CliException">The URL or the key file cannot be used.</exception>
    public ApiClient Api => _api ??= new ApiClient(
        ApiAddress.Resolve(parse.GetValue(app.ServerOption), Host.Environment),
        ApiKeySource.Read(parse.GetValue(app.KeyFileOption), Host.Environment));

    /// <summary>Says what went wrong and what to do, and returns the exit code.</summary>
    public int Fail(CliFailure failure)
    {
        Host.Error.WriteLine("error: " + TerminalText.Clean(failure.Message));
        foreach (var line in failure.Details)
        {
            Host.Error.WriteLine("  " + TerminalText.Clean(line));
        }

        if (failure.Remedy is { } remedy)
        {
            Host.Error.WriteLine("       " + TerminalText.Clean(remedy));
        }

        return failure.ExitCode;
    }

    public void Dispose() => _api?.Dispose();
}
