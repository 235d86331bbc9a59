using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>Hands every call on; what is planted overrides one.</summary>
internal class PassingStore(IStore inner) : IStore
{
    public string Name => inner.Name;

    public virtual IWorkReader Work => inner.Work;

    public IStoreQueries Queries => inner.Queries;

    public StoreStatistics Statistics => inner.Statistics;

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => inner.MigrateAsync(cancellationToken);

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public virtual ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken) =>
        inner.RegisterAsync(integrations, consumers, cancellationToken);

    public virtual ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken) => inner.CommitAsync(commands, cancellationToken);

    public virtual ValueTask<bool> SettleAsync(CancellationToken cancellationToken) => inner.SettleAsync(cancellationToken);

    public virtual ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken) => inner.MaintainAsync(idle, cancellationToken);

    public ValueTask CloseAsync(CancellationToken cancellationToken) => inner.CloseAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
