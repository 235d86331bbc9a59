using Carrick.TestServices.Postgres;

// A PostgreSQL server for trying things by hand. It ends with this process, however that ends.
await using var server = await PostgresServer.StartNewAsync();
Console.WriteLine($"{server.ProcessId} {server.Folder}");
Console.WriteLine(server.ConnectionString);
await Console.In.ReadToEndAsync();
