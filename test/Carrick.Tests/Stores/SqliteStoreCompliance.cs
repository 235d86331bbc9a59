using System.Data.Common;
using Carrick.Handlers;
using Carrick.Sqlite;
using Carrick.Sqlite.Handlers;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Data.Sqlite;

namespace Carrick.Tests.Stores;

public sealed class SqliteWorkCompliance : WorkCompliance<SqliteHarness>;

public sealed class SqliteWorkReaderCompliance : WorkReaderCompliance<SqliteHarness>;

public sealed class SqliteOperatorCompliance : OperatorCompliance<SqliteHarness>;

public sealed class SqliteReplayCompliance : ReplayCompliance<SqliteHarness>;

public sealed class SqliteRetentionCompliance : RetentionCompliance<SqliteHarness>;

public sealed class SqliteQueryCompliance : QueryCompliance<SqliteHarness>;

public sealed class SqliteOwnershipCompliance : OwnershipCompliance<SqliteHarness>;

public sealed class SqliteHandlerDatabaseCompliance : HandlerDatabaseCompliance<SqliteHandlerHarness>;

public sealed class SqliteEngineDatabaseCompliance : EngineDatabaseCompliance<SqliteHarness>
{
    protected override IHandlerDatabase CreateDatabase(IStore store) =>
        new SqliteHandlerDatabase(((SqliteStore)store).File, new EngineLink((SqliteStore)store));
}

public sealed class SqliteHandlerHarness : HandlerDatabaseHarness
{
    private readonly SqliteHarness _files = new();

    public override string CommitStatement => "COMMIT";

    public override IHandlerDatabase Create() => new SqliteHandlerDatabase(new SqliteFile(_files.ConnectionString));

    public override DbConnection Connect()
    {
        var connection = new SqliteConnection(_files.ConnectionString + ";Pooling=False");
        connection.Open();
        return connection;
    }

    public override ValueTask DisposeAsync() => _files.DisposeAsync();
}
