using Carrick.Peers;
using Carrick.Peers.Insert;
using Npgsql;

var builder = PeerHost.CreateBuilder();
await using var database = NpgsqlDataSource.Create(PeerEnvironment.Postgres + ";Maximum Pool Size=32;Max Auto Prepare=16;Auto Prepare Min Usages=2");
var inbox = new Inbox(database);
await inbox.CreateAsync();

// Without the database it is a limit: what Kestrel and the signature alone allow.
await PeerHost.RunAsync(builder.Build(), args is ["bare"] ? _ => Task.FromResult(false) : PeerEnvironment.Handles ? inbox.DoAsync : inbox.KeepAsync);
