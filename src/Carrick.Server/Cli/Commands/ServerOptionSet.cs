using System.CommandLine;
using Carrick.Server.Serve;

namespace Carrick.Server.Cli.Commands;

/// <summary>The options of commands that open the store themselves.</summary>
internal sealed class ServerOptionSet
{
    public Option<string?> Urls { get; } = new("--urls") { Description = "Where to listen. Default: CARRICK__URLS, or http://127.0.0.1:8420." };

    public Option<string?> Data { get; } = new("--data") { Description = "The data directory. Default: CARRICK__DATA, or ./carrick-data." };

    public Option<string?> Config { get; } = new("--config") { Description = "The configuration. Default: CARRICK__CONFIG, or the one applied last." };

    public Option<bool> NoMigrate { get; } = new("--no-migrate") { Description = "Leave the database's schema alone; run 'carrick migrate' yourself." };

    public ServerArguments Read(CliContext context) => new(context.Get(Urls), context.Get(Data), context.Get(Config), context.Get(NoMigrate));
}
