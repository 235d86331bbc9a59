using Carrick.Handlers;
using Carrick.Postgres;
using Carrick.Postgres.Handlers;
using Carrick.Storage;

namespace Carrick.Tests.Stores;

public sealed class PostgresHandlerDatabaseCompliance : HandlerDatabaseCompliance<PostgresHandlerHarness>;

public sealed class PostgresEngineDatabaseCompliance : EngineDatabaseCompliance<PostgresHarness>
{
    protected override IHandlerDatabase CreateDatabase(IStore store) =>
        new PostgresHandlerDatabase(((PostgresStore)store).Database, 2, (PostgresStore)store);
}
