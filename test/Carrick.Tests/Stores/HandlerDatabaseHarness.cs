using System.Data.Common;
using Carrick.Handlers;

namespace Carrick.Tests.Stores;

/// <summary>One handler database of a test, with a table <c>effects (text)</c> that handlers write.</summary>
public abstract class HandlerDatabaseHarness : IAsyncDisposable
{
    public abstract IHandlerDatabase Create();

    /// <summary>A connection of its own, for looking at what is committed.</summary>
    public abstract DbConnection Connect();

    /// <summary>A statement by which a handler ends the transaction behind the session's back.</summary>
    public abstract string CommitStatement { get; }

    /// <summary>A statement that a handler waits for without end. It writes, or waits in the server.</summary>
    public abstract string EndlessStatement { get; }

    public abstract ValueTask DisposeAsync();
}
