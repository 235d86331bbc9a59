using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Carrick.Simulation.Memory;

/// <summary>What handlers of the simulation book on. It has no SQL: an effect is a row.</summary>
internal sealed class MemoryConnection(Action<EffectRow> book) : DbConnection
{
    [AllowNull]
    public override string ConnectionString { get; set; } = "";

    public override string Database => "memory";

    public override string DataSource => "memory";

    public override string ServerVersion => "1";

    public override ConnectionState State => ConnectionState.Open;

    /// <summary>Writes an effect inside the open savepoint.</summary>
    public void Book(EffectRow effect) => book(effect);

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    public override void Close()
    {
    }

    public override void Open()
    {
    }

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();

    protected override DbCommand CreateDbCommand() => throw new NotSupportedException();
}
