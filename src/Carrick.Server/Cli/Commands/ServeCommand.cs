using System.CommandLine;
using Carrick.Authentication;
using Carrick.Hosting;
using Carrick.Server.Serve;
using Microsoft.Extensions.Options;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(CliApp app)
    {
        var options = new ServerOptionSet();
        return app.Create(
            "serve",
            "Run the server.",
            ["carrick serve --config carrick.yaml", "carrick serve --urls http://127.0.0.1:9000 --data /var/lib/carrick"],
            (context, cancellationToken) => RunAsync(context, options.Read(context), cancellationToken),
            [options.Urls, options.Data, options.Config, options.NoMigrate]);
    }

    private static async Task<int> RunAsync(CliContext context, ServerArguments arguments, CancellationToken cancellationToken)
    {
        try
        {
            var builder = ServerApplication.CreateBuilder();
            var settings = ServerSettings.Resolve(builder.Configuration, arguments);
            if (settings.Migrate)
            {
                await StoreAccess.MigrateAsync(settings, cancellationToken);
            }

            var configuration = await ConfigurationLoader.LoadAsync(settings, context.Host.Environment, cancellationToken);
            await using var app = ServerApplication.Build(builder, settings, configuration, context.Host.Environment);
            await StartAsync(app, cancellationToken);
            if (await app.Services.GetRequiredService<ApiKeys>().EnsureAdminKeyAsync(cancellationToken) is { } key)
            {
                await context.Host.Output.WriteLineAsync($"Admin API key, shown this once: {key}");
            }

            context.Printer.Line($"Carrick listens on {string.Join(", ", app.Urls)}");
            await context.Host.Output.FlushAsync(cancellationToken);
            await app.WaitForShutdownAsync(cancellationToken);
            return app.Services.GetRequiredService<CarrickEngine>().Failure is { } problem
                ? context.Fail(new CliFailure(ExitCodes.Failure, $"The store has failed: {problem}", "Mend what it names, then start again: it recovers from the last commit."))
                : ExitCodes.Ok;
        }
        catch (Exception exception) when (Explain(exception) is { } failure)
        {
            return context.Fail(failure);
        }
    }

    // The engine starts before the listener: if the address cannot be had, the engine is drained, so that the next start is clean.
    private static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }
    }

    // What an operator can mend is one line; anything else is a bug and keeps its stack.
    private static CliFailure? Explain(Exception exception) => exception switch
    {
        StoreException store => new CliFailure(ExitCodes.Failure, store.Message, "See 'carrick doctor'."),
        EngineFullException full => new CliFailure(ExitCodes.Busy, full.Message, "See 'carrick doctor'."),
        OptionsValidationException options => Options([options]),
        AggregateException several when several.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            Options(several.InnerExceptions.OfType<OptionsValidationException>()),
        IOException io => new CliFailure(ExitCodes.Failure, io.Message, "Name another address with --urls if this one is in use."),
        // The message repeats the text.
        FormatException => new CliFailure(ExitCodes.Usage, "An address of --urls (CARRICK__URLS) is not valid.", "Write the address like http://127.0.0.1:8420."),
        InvalidOperationException { InnerException: not null } value => new CliFailure(
            ExitCodes.Usage, $"The setting {KeyOf(value.Message)} has a value of the wrong kind.", "Mend it in the environment or in appsettings.json."),
        _ => null,
    };

    // "Failed to convert configuration value '...' at 'Kestrel:...' to type '...'.": the key is shown, the value is not.
    private static string KeyOf(string message) => message.Split(" at '") is { Length: > 1 } parts ? parts[^1].Split('\'')[0] : "of .NET";

    private static CliFailure Options(IEnumerable<OptionsValidationException> exceptions) => new(ExitCodes.Usage, "The settings are not valid.")
    {
        Details = [.. exceptions.SelectMany(exception => exception.Failures)],
    };
}
