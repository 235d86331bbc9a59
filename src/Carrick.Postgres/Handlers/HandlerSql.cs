using Carrick.Postgres.Raw;
using Carrick.Postgres.Writing;

namespace Carrick.Postgres.Handlers;

/// <summary>The statements of sessions with the names of their schema, made once.</summary>
internal sealed class HandlerSql(PostgresDatabase database)
{
    public string Insert { get; } = database.Sql(Ledger.Insert);

    public string InsertAll { get; } = database.Sql(Ledger.InsertAll);

    public string Forget { get; } = database.Sql(Ledger.Forget);

    public string RaiseVersion { get; } = database.Sql(Ledger.RaiseVersion);

    public string Prune { get; } = database.Sql(Ledger.Prune);

    public string AddToOutbox { get; } = database.Sql(Ledger.AddToOutbox);

    public string DeleteFromOutbox { get; } = database.Sql(Ledger.DeleteFromOutbox);

    public string Complete { get; } = database.Sql(WorkWriter.CompleteInTransactionOfHandlers);
}
