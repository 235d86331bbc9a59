using System.CommandLine;
using System.Text.Json.Nodes;
using Carrick.Server.Config;
using Carrick.Signatures;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>schemes</c>: what can be received, and what to put into <c>secrets</c>.</summary>
internal static class SchemesCommand
{
    private static readonly Column[] Columns =
        [new("NAME", "name"), new("PROVIDER", "displayName"), new("PROTECTS THE BODY", "integrity"), new("SECRETS", "secrets")];

    public static Command Create(CliApp app)
    {
        var name = new Argument<string?>("name") { Description = "One scheme, to see all of it.", Arity = ArgumentArity.ZeroOrOne };
        return app.Create(
            "schemes",
            "List the webhook schemes, or describe one.",
            ["carrick schemes", "carrick schemes stripe"],
            (context, _) => Task.FromResult(context.Find(name) is { } one ? Show(context, one) : List(context)),
            name);
    }

    private static int List(CliContext context)
    {
        context.Printer.List([.. WebhookScheme.All.OrderBy(scheme => scheme.Name, StringComparer.Ordinal).Select(scheme => ToElement(Brief(scheme)))], null, Columns);
        return ExitCodes.Ok;
    }

    private static int Show(CliContext context, string name)
    {
        if (!WebhookScheme.TryGet(name, out var scheme))
        {
            var near = Suggestion.Nearest(name, WebhookScheme.All.Select(known => known.Name));
            return context.Fail(new CliFailure(
                ExitCodes.NotFound, $"There is no scheme {ConfigText.Show(name)}.", near is null ? "See 'carrick schemes'." : $"Did you mean '{near}'?"));
        }

        var guide = SchemeGuide.Of(scheme.Name);
        var description = Brief(scheme);
        description["docs"] = scheme.Docs;
        description["alternatives"] = new JsonArray([.. scheme.Alternatives.Select(alternative => (JsonNode)alternative)]);
        description["acceptedByDefault"] = new JsonArray([.. scheme.DefaultAccept.Select(alternative => (JsonNode)alternative)]);
        description["needsPublicUrl"] = scheme.SignsUrl;
        description["headers"] = guide.Headers;
        description["tolerance"] = guide.Tolerance;
        description["senderRetries"] = guide.Retries;
        context.Printer.Object(ToElement(description));
        return ExitCodes.Ok;
    }

    private static JsonObject Brief(WebhookScheme scheme) => new()
    {
        ["name"] = scheme.Name,
        ["displayName"] = scheme.DisplayName,
        ["integrity"] = scheme.Integrity,
        ["secrets"] = SchemeGuide.Of(scheme.Name).Secrets,
    };

    private static System.Text.Json.JsonElement ToElement(JsonObject value) => System.Text.Json.JsonDocument.Parse(value.ToJsonString()).RootElement;
}
