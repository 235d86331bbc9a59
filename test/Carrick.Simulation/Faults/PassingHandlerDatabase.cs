using Carrick.Handlers;

namespace Carrick.Simulation.Faults;

/// <summary>Hands every call on; what is planted overrides one.</summary>
internal class PassingHandlerDatabase(IHandlerDatabase inner) : IHandlerDatabase
{
    public string Name => inner.Name;

    public int MaxSessions => inner.MaxSessions;

    public int MaxBatch => inner.MaxBatch;

    public int MaxAnnounced => inner.MaxAnnounced;

    public TimeSpan Linger => inner.Linger;

    public bool CompletesWork => inner.CompletesWork;

    public virtual ValueTask InitializeAsync(CancellationToken cancellationToken) => inner.InitializeAsync(cancellationToken);

    public virtual ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) => inner.OpenSessionAsync(cancellationToken);

    public virtual ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken) =>
        inner.ReadOutboxAsync(after, limit, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    public override int GetHashCode() => inner.GetHashCode();

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);
}
