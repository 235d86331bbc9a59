using System.CommandLine;
using System.Text.Json;
using Carrick.Server.Cli;
using Carrick.Server.Cli.Commands;
using Xunit;

namespace Carrick.Tests.Cli;

/// <summary>What the command line asks is what the published contract of the server offers.</summary>
public sealed class CliContractTests : IDisposable
{
    // They talk to no API, or, as send does, to any receiver.
    private static readonly string[] WithoutApi = ["serve", "demo", "migrate", "validate", "schema", "schemes", "send"];

    private readonly string _file = Path.GetTempFileName();

    /// <summary>Every command that talks to the API, with every option that becomes a part of its request.</summary>
    public static TheoryData<string> Commands =>
    [
        "apply -f FILE --dry-run",
        "events list --integration a --type b --message-id c --subject d --from 2026-01-31T08:00:00Z --to 2026-02-01T08:00:00Z --limit 7",
        "events show evt_1",
        "events payload evt_1",
        "events tail --integration a --type b --count 1",
        "deliveries list --state dead --consumer a/b --integration a --limit 7",
        "deliveries show dlv_1",
        "deliveries retry dlv_1 --reason x",
        "deliveries discard dlv_1 --reason x",
        "dead-letters list --integration a --consumer a/b --type c --category gone --from 2026-01-31T08:00:00Z --to 2026-02-01T08:00:00Z --limit 7",
        "dead-letters replay --integration a --consumer a/b --type c --category gone --from 2026-01-31T08:00:00Z --to 2026-02-01T08:00:00Z --id dlv_1 --rate 5 --force --reason x --dry-run",
        "dead-letters discard --integration a --consumer a/b --type c --category gone --from 2026-01-31T08:00:00Z --to 2026-02-01T08:00:00Z --id dlv_1 --reason x --dry-run",
        "endpoints list --integration a",
        "endpoints enable a/b --reason x",
        "endpoints disable a/b --reason x",
        "replays list --limit 7",
        "replays show rpl_1",
        "replays cancel rpl_1",
        "keys create robots --scope operate",
        "keys list",
        "nodes",
        "keys revoke key_1",
        "doctor",
    ];

    public void Dispose() => File.Delete(_file);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_Requests_AreOperationsOfTheContract(string args)
    {
        await using var server = await FakeServer.StartAsync();
        server.On("GET /health/live", "{}").On("GET /health/ready", "{}");

        await CliRun.ExecuteAsync(server, args.Replace("FILE", _file, StringComparison.Ordinal).Split(' '));

        var requests = server.Requests.Where(asked => asked.Request.Contains("/v1/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(requests);
        Assert.All(requests, asked => Assert.Equal("", PublishedContract.Fault(asked)));
    }

    [Fact]
    public void Commands_OfTheExecutable_AreAllLookedAt()
    {
        var app = new CliApp(CliHost.ForProcess());
        var all = CommandTable.All.SelectMany(create => Leaves(create(app), "")).Except(WithoutApi);

        Assert.Equal(
            all.Order(StringComparer.Ordinal),
            Commands.Select(row => string.Join(' ', row.Data.Split(' ').TakeWhile((word, index) => index == 0 || (index == 1 && all.Contains($"{row.Data.Split(' ')[0]} {word}"))))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task KeysRevoke_RealServer_EndsTheKey()
    {
        var directory = Directory.CreateTempSubdirectory("carrick-revoke");
        try
        {
            await using var server = await ServerHost.StartAsync(directory.FullName);
            var made = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["keys", "create", "robots", "--output", "json"]);
            var key = JsonDocument.Parse(made.Output).RootElement;
            Task<CliRun> Use() => CliRun.ExecuteAsync(server.Url, key.GetProperty("key").GetString(), ["events", "list"]);
            Assert.Equal(ExitCodes.Ok, (await Use()).ExitCode);

            var revoked = await CliRun.ExecuteAsync(server.Url, server.AdminKey, ["keys", "revoke", key.GetProperty("id").GetString()!]);

            Assert.Equal((ExitCodes.Ok, "The key is revoked.", ""), (revoked.ExitCode, revoked.Output.Trim(), revoked.Error));
            Assert.Equal(ExitCodes.NotAuthorised, (await Use()).ExitCode);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Leaves(Command command, string prefix) => command.Subcommands.Count == 0
        ? [prefix + command.Name]
        : command.Subcommands.SelectMany(inner => Leaves(inner, $"{prefix}{command.Name} "));
}
