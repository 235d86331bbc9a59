using Carrick.Postgres;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.TestServices.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Stores;

/// <summary>A schema of its own on the server that all tests share.</summary>
public class PostgresHarness : StoreHarness
{
    private readonly PostgresTestSchema _schema = new();
    private SmallTablespace? _disk;

    /// <summary>The name of the schema.</summary>
    public string Schema => _schema.Name;

    public string ConnectionString => _schema.ConnectionString;

    /// <summary>How a store reaches the server.</summary>
    protected virtual string StoreConnection => ConnectionString;

    public override IStore Create(TimeProvider time) => Create(time, StoreConnection);

    public override IStore CreateAlmostFull(TimeProvider time, int kilobytes)
    {
        _disk = SmallTablespace.TryMount(_schema.Server);
        Assert.SkipWhen(_disk is null, "This test must be allowed to mount a tmpfs.");
        _disk.Fill(Schema, kilobytes);
        // For the tables that the store makes while it runs.
        return Create(time, $"{ConnectionString};Options=-c default_tablespace={_disk.Name}");
    }

    public override StoreHarness CopyAsAfterCrash()
    {
        var copy = new PostgresHarness();
        // The nodes of the copy are gone, whoever is connected to the original.
        SchemaCopy.Make(ConnectionString, Schema, copy.Schema, "DELETE FROM ~nodes");
        return copy;
    }

    public override void TakeOver() => Scalar("DELETE FROM ~nodes RETURNING id");

    public override bool IsShared => true;

    public override void MakeSchemaNewer() => Scalar("INSERT INTO ~schema_migrations (scriptname, applied) VALUES ('9999_later', now()) RETURNING scriptname");

    /// <summary>As a script 9999 does after which programs of an older schema can go on, back to the given one.</summary>
    public void MakeSchemaNewer(int serves)
    {
        MakeSchemaNewer();
        Scalar($"INSERT INTO ~meta (name, value) VALUES ('schema 9999 serves', {serves}) RETURNING value");
    }

    /// <summary>The first value that a statement answers, on a connection of its own; <c>~table</c> stands for a table of the schema.</summary>
    public object? Scalar(string sql) => _schema.Scalar(sql);

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _schema.Drop();
        _disk?.Dispose();
        return ValueTask.CompletedTask;
    }

    private PostgresStore Create(TimeProvider time, string connectionString) =>
        new(new PostgresDatabase(connectionString, new SchemaName(Schema)), time, NullLogger.Instance);
}
