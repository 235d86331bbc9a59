using System.CommandLine;
using System.Text.Json.Nodes;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>send</c>: signs a sample event as a provider does and posts it.</summary>
internal static class SendCommand
{
    private const int MaxBody = 25 * 1024 * 1024;

    public static Command Create(CliApp app)
    {
        var scheme = new Argument<string?>("scheme") { Description = "A name of 'carrick schemes'.", Arity = ArgumentArity.ZeroOrOne };
        var schemeFile = new Option<string?>("--scheme-file") { Description = "A scheme of your own in place of a name: a YAML or JSON file with what stands below 'scheme'." };
        var alternative = new Option<string?>("--alternative") { Description = "The way to sign, where a scheme has several. Default: the first accepted one that fits." };
        var to = new Option<string>("--to") { Description = "The URL to post to, such as http://127.0.0.1:8420/webhooks/billing.", Required = true };
        var secretVariable = new Option<string?>("--secret-env") { Description = "The environment variable that holds the secret." };
        var secretFile = new Option<string?>("--secret-file") { Description = "The file that holds the secret." };
        var type = new Option<string?>("--type") { Description = "The event's type. Default: a usual one of the scheme." };
        var file = new Option<string?>("--file") { Description = "The body. Default: a sample of the scheme." };
        var count = new Option<int>("--count") { Description = "How many events, 1 to 100000.", DefaultValueFactory = _ => 1 };
        return app.Create(
            "send",
            "Sign and post a sample event of any scheme.",
            [
                "carrick send stripe --to http://127.0.0.1:8420/webhooks/billing --secret-env STRIPE_WEBHOOK_SECRET",
                "carrick send github --to URL --secret-file secret.txt --type issues --count 10",
                "carrick send hubspot --alternative v2 --to URL --secret-env HUBSPOT_SECRET",
                "carrick send --scheme-file acme.yaml --to URL --secret-env ACME_SECRET",
            ],
            async (context, cancellationToken) =>
            {
                var chosen = SendScheme.Find(context.Find(scheme), context.Get(schemeFile), context.Host.Environment);
                var plan = new SendPlan(
                    chosen,
                    SendTarget(context.Get(to)!),
                    ReadSecret(context, context.Get(secretVariable), context.Get(secretFile)),
                    SendScheme.Alternative(chosen, context.Get(alternative)),
                    context.Get(type),
                    context.Get(file) is { } path ? LocalFile.ReadBytes(path, MaxBody) : null);
                return context.Get(count) is >= 1 and <= 100_000 and var times
                    ? await RunAsync(context, plan, times, cancellationToken)
                    : context.Fail(new CliFailure(ExitCodes.Usage, "--count must be from 1 to 100000."));
            },
            scheme,
            schemeFile,
            alternative,
            to,
            secretVariable,
            secretFile,
            type,
            file,
            count);
    }

    private static async Task<int> RunAsync(CliContext context, SendPlan plan, int count, CancellationToken cancellationToken)
    {
        using var sender = new EventSender(context.Host.Time);
        var exitCode = ExitCodes.Ok;
        for (var i = 0; i < count; i++)
        {
            var sent = await sender.SendAsync(plan, cancellationToken);
            if (sent.Failure is { } failure)
            {
                return context.Fail(failure);
            }

            exitCode = sent.Accepted ? exitCode : ExitCodes.Failure;
            if (context.Json)
            {
                var line = new JsonObject { ["status"] = sent.Status, ["accepted"] = sent.Accepted, ["answer"] = sent.Answer };
                await context.Host.Output.WriteLineAsync(line.ToJsonString());
            }
            else
            {
                context.Printer.Line($"{sent.Status} {sent.Answer}");
            }
        }

        return exitCode;
    }

    private static Uri SendTarget(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo: "", Fragment: "" }
        ? uri
        : throw new CliException(new CliFailure(ExitCodes.Usage, "--to is not an absolute http or https URL.", "Write it like http://127.0.0.1:8420/webhooks/billing."));

    private static string ReadSecret(CliContext context, string? variable, string? file)
    {
        if ((variable is null) == (file is null))
        {
            throw new CliException(new CliFailure(ExitCodes.Usage, "Name the secret once.", "Use --secret-env NAME or --secret-file FILE."));
        }

        var text = variable is null ? LocalFile.ReadSecret(file!, 4_096, "--secret-file").TrimEnd('\r', '\n') : context.Host.Environment(variable);
        return string.IsNullOrEmpty(text)
            ? throw new CliException(new CliFailure(ExitCodes.Usage, "The secret is empty or not set.", "Set the variable, or write the secret into the file."))
            : text;
    }
}
