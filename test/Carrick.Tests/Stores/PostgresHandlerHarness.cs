using System.Data.Common;
using Carrick.Handlers;
using Carrick.Postgres.Handlers;
using Carrick.Postgres.Raw;

namespace Carrick.Tests.Stores;

/// <summary>A handler database in a schema of its own, in which handlers, too, find their tables.</summary>
public sealed class PostgresHandlerHarness : HandlerDatabaseHarness
{
    private readonly PostgresTestSchema _schema = new();

    public PostgresHandlerHarness() => _schema.Scalar($"CREATE SCHEMA {_schema.Name}");

    public override string CommitStatement => "COMMIT";

    public override string EndlessStatement => "SELECT pg_sleep(3600)";

    private string Settings => $"Search Path={_schema.Name}";

    public override IHandlerDatabase Create() => Create("");

    /// <summary>With settings of its own.</summary>
    public IHandlerDatabase Create(string settings) =>
        new PostgresHandlerDatabase(new PostgresDatabase($"{_schema.ConnectionString};{Settings};{settings}", new SchemaName(_schema.Name)), sessions: 2);

    public override DbConnection Connect() => _schema.Connect(Settings);

    public override ValueTask DisposeAsync()
    {
        _schema.Drop();
        return ValueTask.CompletedTask;
    }
}
