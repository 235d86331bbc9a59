using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Carrick.Server.Cli.Commands;

namespace Carrick.Server.Cli;

/// <summary>The command line: what commands there are, and how one runs.</summary>
internal sealed class CliApp
{
    private readonly Dictionary<Command, string[]> _examples = [];
    private readonly RootCommand _root;

    public CliApp(CliHost host)
    {
        Host = host;
        _root = new RootCommand("Carrick: receives, delivers, retries and replays events between systems.");
        _root.Options.Add(ServerOption);
        _root.Options.Add(OutputOption);
        _root.Options.Add(KeyFileOption);
        foreach (var add in CommandTable.All)
        {
            _root.Subcommands.Add(add(this));
        }

        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!, _examples);
    }

    public CliHost Host { get; }

    public Option<string?> ServerOption { get; } = new("--server")
    {
        Description = "The server's URL. Default: CARRICK_SERVER, or http://127.0.0.1:8420.",
        Recursive = true,
    };

    public Option<string> OutputOption { get; } = OneOf("--output", "How results are printed: table or json.", "table", "json");

    public Option<string?> KeyFileOption { get; } = new("--api-key-file")
    {
        Description = "A file that holds the API key. Default: the variable CARRICK_API_KEY.",
        Recursive = true,
    };

    /// <summary>Makes a command that runs <paramref name="run"/>.</summary>
    public Command Create(string name, string description, string[] examples, Func<CliContext, CancellationToken, Task<int>> run, params Symbol[] symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else
            {
                command.Options.Add((Option)symbol);
            }
        }

        _examples[command] = examples;
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var context = new CliContext(this, parse);
            try
            {
                return await run(context, cancellationToken);
            }
            catch (CliException exception)
            {
                return context.Fail(exception.Failure);
            }
        });
        return command;
    }

    /// <summary>Makes a command that holds others.</summary>
    public static Command Group(string name, string description, params Command[] commands)
    {
        var group = new Command(name, description);
        Array.ForEach(commands, group.Subcommands.Add);
        return group;
    }

    /// <summary>Commands whose help has no example; there should be none.</summary>
    public IReadOnlyList<string> CommandsWithoutExamples => [.. _examples.Where(command => command.Value.Length == 0).Select(command => command.Key.Name)];

    /// <summary>Runs the command line and returns the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        // Signals are the business of the commands: 'serve' drains, the others just end.
        var configuration = new InvocationConfiguration
        {
            Output = Host.Output,
            Error = Host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        var parse = _root.Parse(args);
        if (parse.Action is ParseErrorAction usage)
        {
            usage.ShowHelp = false;
            using var errors = new StringWriter();
            configuration.Error = errors;
            await parse.InvokeAsync(configuration, cancellationToken);
            await Host.Error.WriteAsync(UsageText.WithoutSecrets(errors.ToString(), args, parse.UnmatchedTokens));
            return ExitCodes.Usage;
        }

        return await parse.InvokeAsync(configuration, cancellationToken);
    }

    private static Option<string> OneOf(string name, string description, params string[] words)
    {
        var option = new Option<string>(name) { Description = description, Recursive = true, DefaultValueFactory = _ => words[0] };
        option.AcceptOnlyFromAmong(words);
        return option;
    }
}
