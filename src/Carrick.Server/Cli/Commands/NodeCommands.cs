using System.CommandLine;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>nodes list</c>.</summary>
internal static class NodeCommands
{
    private static readonly Column[] Columns =
    [
        new("ID", "id"), new("NAME", "name"), new("STATE", "state"), new("SELF", "self"), new("LEADER", "leader"), new("SHARDS", "shards"),
        new("COUNT", "shardCount"), new("UP S", "upSeconds"), new("LEASE S", "leaseSeconds"),
    ];

    public static Command Create(CliApp app) => CliApp.Group(
        "nodes",
        "Look at the processes that share the store.",
        ListCommand.Whole(app, "List nodes with their shards of the work.", "v1/nodes", [], Columns, "carrick nodes list"));
}
