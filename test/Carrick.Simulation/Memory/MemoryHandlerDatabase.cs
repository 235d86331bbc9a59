using Carrick.Handlers;

namespace Carrick.Simulation.Memory;

/// <summary>A handler database in memory, of its own or, with a store, the engine's.</summary>
internal sealed class MemoryHandlerDatabase(string name, HandlerTables tables, MemoryStore? engine) : IHandlerDatabase
{
    public string Name => name;

    public int MaxSessions => 1;

    // Stores may do either.
    public int MaxAnnounced => tables.Sessions % 3 == 0 ? 0 : 8;

    public bool CompletesWork => engine is not null;

    public ValueTask InitializeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IHandlerSession>(new MemoryHandlerSession(tables, engine));

    public ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<OutboxMessage>>([.. tables.Outbox.Values.Where(message => message.Id > after).Take(limit).Select(message => message with { })]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The engine keeps lanes by database; the order of two must not depend on where objects lie.
    public override int GetHashCode() => name.Length;

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);
}
