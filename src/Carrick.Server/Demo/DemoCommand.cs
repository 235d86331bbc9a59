using System.CommandLine;
using System.Globalization;
using Carrick.Server.Cli;

namespace Carrick.Server.Demo;

/// <summary><c>demo</c>: a provider, a handler and a failing customer around the real server, and the account of every message.</summary>
internal static class DemoCommand
{
    private const int FewestEvents = 100, MostEvents = 1_000_000;
    private const string KeptUrl = "http://127.0.0.1:8420", FreeUrl = "http://127.0.0.1:0";

    public static Command Create(CliApp app)
    {
        var events = new Option<int>("--events") { Description = "How many requests the provider sends, 100 to 1000000.", DefaultValueFactory = _ => 2_000 };
        events.Validators.Add(result =>
        {
            // What is no number at all is refused by the parser.
            if (result.Tokens is [{ Value: var text }]
                && int.TryParse(text, CultureInfo.InvariantCulture, out var number)
                && number is < FewestEvents or > MostEvents)
            {
                result.AddError($"--events must be from {FewestEvents} to {MostEvents}.");
            }
        });
        var seed = new Option<int>("--seed") { Description = "The same seed sends the same messages.", DefaultValueFactory = _ => 1 };
        var keep = new Option<bool>("--keep") { Description = $"Leave the server running on {KeptUrl} and keep its files." };
        return app.Create(
            "demo",
            "Show Carrick at work: signed webhooks, a failing customer, dead letters, a replay, and the account of every message.",
            ["carrick demo", "carrick demo --events 20000 --seed 7", "carrick demo --keep"],
            (context, cancellationToken) => RunAsync(context, context.Get(events), context.Get(seed), context.Get(keep), cancellationToken),
            events,
            seed,
            keep);
    }

    private static async Task<int> RunAsync(CliContext context, int events, int seed, bool keep, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("carrick-demo-").FullName;
        var leave = keep;
        try
        {
            return await RunAsync(context.Host, directory, DemoScenario.Create(events, seed), keep, cancellationToken);
        }
        catch (IOException exception) when (keep)
        {
            leave = false;
            return context.Fail(new CliFailure(ExitCodes.Failure, exception.Message, $"Stop what listens on {KeptUrl}, or leave out --keep."));
        }
        finally
        {
            if (!leave)
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static async Task<int> RunAsync(CliHost host, string directory, DemoScenario scenario, bool keep, CancellationToken cancellationToken)
    {
        var (progress, secrets) = (new DemoProgress(), DemoSecrets.Create());
        var bookings = new Bookings(Path.Combine(directory, "bookings.db"), progress);
        await bookings.CreateTablesAsync(cancellationToken);
        await using var customer = new CustomerEndpoint(secrets, progress, host.Time);
        await customer.StartAsync(cancellationToken);
        await using var server = await DemoServer.StartAsync(keep ? KeptUrl : FreeUrl, directory, bookings, secrets, customer.Url, cancellationToken);
        await host.Output.WriteLineAsync($"Carrick listens on {server.Url}; the customer's server on {customer.Url}.");

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, server.Stopping);
        var started = host.Time.GetTimestamp();
        Evidence evidence;
        try
        {
            var run = new DemoRun(server, customer, bookings, progress, host.Time).RunAsync(scenario, secrets, stop.Token);
            evidence = await new DemoScreen(host.Output, host.Terminal, host.Time).WatchAsync(progress, server, run);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await host.Error.WriteLineAsync("Stopped before the end.");
            return ExitCodes.Failure;
        }

        var account = Account.Of(evidence);
        AccountReport.Write(host.Output, host.Terminal, account, progress, host.Time.GetElapsedTime(started));
        if (keep)
        {
            await WriteInvitationAsync(host.Output, server, directory);
            await server.WaitForShutdownAsync(cancellationToken);
        }

        return account.Disagreements.Count == 0 ? ExitCodes.Ok : ExitCodes.Failure;
    }

    /// <summary>How this executable is called from a shell.</summary>
    private static string Self
    {
        get
        {
            var path = Environment.ProcessPath ?? "carrick";
            return Path.GetFileNameWithoutExtension(path) == "dotnet" ? $"{path} {typeof(DemoCommand).Assembly.Location}" : path;
        }
    }

    private static async Task WriteInvitationAsync(TextWriter output, DemoServer server, string directory)
    {
        await output.WriteLineAsync($"""

            The server goes on until Ctrl+C; its files are in {directory}.
              API docs   {server.Url}docs
              health     {server.Url}health/ready
              metrics    {server.Url}metrics

            Try, in another terminal:
              alias carrick='{Self}'
              export CARRICK_API_KEY={server.AdminKey}
              carrick events list --limit 5
              carrick deliveries list --state skipped --limit 5
              carrick endpoints list
              carrick replays list
              curl -H "Authorization: Bearer $CARRICK_API_KEY" {server.Url}v1/dead-letters
            """);
        await output.FlushAsync();
    }
}
