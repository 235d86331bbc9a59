using Carrick.Storage.Commands;

namespace Carrick.Storage;

/// <summary>Where events and outstanding work live. One engine owns a store at a time, or its shards of one that several share.</summary>
/// <remarks><see cref="CommitAsync"/> has one caller at a time; everything else is thread-safe.</remarks>
public interface IStore : IAsyncDisposable
{
    /// <summary>A name for logs and errors; without credentials.</summary>
    string Name { get; }

    /// <summary>Brings the schema up to date under a lock. Idempotent.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="StoreException">The schema is newer than this program, or the database fails.</exception>
    ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Looks, without changing anything, whether <see cref="OpenAsync"/> would find what it needs: schema, encoding, permissions, a database that can be written.</summary>
    /// <exception cref="StoreException">It would not; the message says why and what to do.</exception>
    ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Takes the store over, or joins those that share it: checks its settings, and sees to it that an earlier owner can complete nothing.</summary>
    /// <exception cref="StoreException">Another live process owns it and it cannot be shared, or it cannot be used; see <see cref="StoreException.Failure"/>.</exception>
    ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Gives names their numbers, new ones at the end; numbers never change.</summary>
    ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken);

    /// <summary>Applies all commands in one durable transaction and sets their results. A command whose condition fails changes nothing and says so.</summary>
    /// <exception cref="StoreException">Nothing was applied (with <see cref="StoreFailure.Data"/> because of a value in one of the commands), unless <see cref="StoreFailure.Fatal"/> or <see cref="StoreFailure.Unknown"/>:
    /// then the results stand for the case that all was applied, and no other commit is taken before <see cref="SettleAsync"/> has told.</exception>
    ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken);

    /// <summary>Finds out what became of the commit that ended with <see cref="StoreFailure.Unknown"/>. When it has told, that commit can change no more.</summary>
    /// <returns>Whether it is durable.</returns>
    /// <exception cref="StoreException">It cannot be told yet (<see cref="StoreFailure.Transient"/>), or never.</exception>
    /// <exception cref="NotSupportedException">The outcome of this store's commits is always known.</exception>
    ValueTask<bool> SettleAsync(CancellationToken cancellationToken) => throw new NotSupportedException("The outcome of this store's commits is always known.");

    /// <summary>Called by the writer between commits: checkpoint if it is time.</summary>
    /// <param name="idle">No command is waiting.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken);

    /// <summary>The queries of the engine.</summary>
    IWorkReader Work { get; }

    /// <summary>The queries of people: REST, CLI, dashboard.</summary>
    IStoreQueries Queries { get; }

    /// <summary>Figures for metrics, by name; cheap.</summary>
    StoreStatistics Statistics { get; }

    /// <summary>Records a clean stop and gives the store back.</summary>
    ValueTask CloseAsync(CancellationToken cancellationToken);
}
