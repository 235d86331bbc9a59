using System.CommandLine;
using Carrick.Server.Demo;

namespace Carrick.Server.Cli.Commands;

/// <summary>Every command of the executable. A new one is one line here.</summary>
internal static class CommandTable
{
    public static IReadOnlyList<Func<CliApp, Command>> All { get; } =
    [
        ServeCommand.Create,
        DemoCommand.Create,
        MigrateCommand.Create,
        ApplyCommand.Create,
        ValidateCommand.Create,
        SchemaCommand.Create,
        SchemesCommand.Create,
        SendCommand.Create,
        EventCommands.Create,
        DeliveryCommands.Create,
        DeadLetterCommands.Create,
        EndpointCommands.Create,
        ReplayCommands.Create,
        KeyCommands.Create,
        NodesCommand.Create,
        DoctorCommand.Create,
    ];
}
