using System.CommandLine;
using System.Text.Json.Nodes;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>keys create|list|revoke</c>.</summary>
internal static class KeyCommands
{
    private static readonly Column[] Columns =
        [new("ID", "id"), new("NAME", "name"), new("PREFIX", "prefix"), new("SCOPES", "scopes"), new("CREATED", "createdAt"), new("REVOKED", "revokedAt")];

    public static Command Create(CliApp app) => CliApp.Group(
        "keys",
        "Make, list and revoke API keys.",
        CreateKey(app),
        ListCommand.Whole(app, "List API keys; the keys themselves are not kept.", "v1/keys", [], Columns, "carrick keys list"),
        Revoke(app));

    private static Command CreateKey(CliApp app)
    {
        var name = new Argument<string>("name") { Description = "What the key is for." };
        var scope = new Option<string>("--scope") { Description = "read, operate or admin; each includes those before.", DefaultValueFactory = _ => "read" };
        scope.AcceptOnlyFromAmong("read", "operate", "admin");
        return app.Create(
            "create",
            "Make an API key. It is shown once.",
            ["carrick keys create dashboards", "carrick keys create on-call --scope operate --output json"],
            (context, cancellationToken) => RequestCommand.PostAsync(
                context,
                "v1/keys",
                RequestCommand.Body(("name", context.Get(name)), ("scopes", new JsonArray(context.Get(scope)!))),
                "The key is made.",
                cancellationToken),
            name,
            scope);
    }

    private static Command Revoke(CliApp app)
    {
        var id = RequestCommand.Id("id", "The key's id, key_...");
        return app.Create(
            "revoke",
            "Revoke an API key at once.",
            ["carrick keys revoke key_01HXYZ..."],
            (context, cancellationToken) => RequestCommand.DeleteAsync(
                context, $"v1/keys/{Uri.EscapeDataString(context.Get(id))}", "The key is revoked.", cancellationToken),
            id);
    }
}
