using System.CommandLine;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>nodes</c>.</summary>
internal static class NodesCommand
{
    private static readonly Column[] Columns =
    [
        new("ID", "id"), new("NAME", "name"), new("STATE", "state"), new("SELF", "self"), new("LEADER", "leader"), new("SHARDS", "shards"),
        new("COUNT", "shardCount"), new("UP S", "upSeconds"), new("LEASE S", "leaseSeconds"),
    ];

    public static Command Create(CliApp app) => ListCommand.Whole(
        app, "nodes", "List the processes that share the store, with their shards of the work.", "v1/nodes", [], Columns, ["carrick nodes", "carrick nodes --output json"]);
}
