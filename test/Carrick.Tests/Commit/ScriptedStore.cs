using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Commit;

/// <summary>A store whose commits fail as a script says; keeps what was committed.</summary>
internal sealed class ScriptedStore : IStore
{
    private readonly Lock _gate = new();
    private readonly List<IReadOnlyList<StoreCommand>> _committed = [];
    private int _tries;

    /// <summary>What the next commits throw, or <see langword="null"/> for success.</summary>
    public volatile StoreException? Failure;

    /// <summary>What a commit throws that has such a command in it.</summary>
    public volatile Func<StoreCommand, Exception?>? Refuses;

    /// <summary>Called by the maintenance between commits.</summary>
    public volatile Action? Maintaining;

    /// <summary>Somebody else owns the store: work is not applied, everything else throws.</summary>
    public volatile bool Taken;

    /// <summary>What became of a commit whose outcome is unknown, or why that cannot be told yet.</summary>
    public volatile Func<bool>? Outcome;

    /// <summary>Called by each commit.</summary>
    public volatile Action? Committing;

    public int Tries => Volatile.Read(ref _tries);

    public IReadOnlyList<IReadOnlyList<StoreCommand>> Committed
    {
        get
        {
            lock (_gate)
            {
                return [.. _committed];
            }
        }
    }

    public string Name => "scripted";

    public IWorkReader Work => throw new NotSupportedException();

    public IStoreQueries Queries => throw new NotSupportedException();

    public StoreStatistics Statistics => default;

    public ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _tries);
        Committing?.Invoke();
        if (Failure is { } failure)
        {
            throw failure;
        }

        if (Refuses is { } refuses && commands.Select(refuses).FirstOrDefault(refusal => refusal is not null) is { } refused)
        {
            throw refused;
        }

        if (Taken)
        {
            return commands.All(command => command is WorkCommand) ? ValueTask.CompletedTask : throw new StoreException("Taken over.", StoreFailure.Taken);
        }

        foreach (var work in commands.OfType<WorkCommand>())
        {
            work.Applied = true;
        }

        lock (_gate)
        {
            _committed.Add([.. commands]);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> SettleAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Outcome!());

    public ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
    {
        Maintaining?.Invoke();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
