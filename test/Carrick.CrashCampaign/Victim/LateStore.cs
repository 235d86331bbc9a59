using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.CrashCampaign.Victim;

/// <summary>A store that takes its time, so that a kill falls between what has happened and its commit.</summary>
/// <param name="inner">The store that it slows down.</param>
/// <param name="answersFirst">It calls events durable one commit before they are: what a broker that acknowledges before it syncs does.</param>
internal sealed class LateStore(IStore inner, bool answersFirst) : IStore
{
    // Long enough that a kill at any moment finds something that is in memory only.
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(30);

    private readonly List<IngestCommand> _early = [];
    private readonly Dictionary<(string Integration, string Message), RecordId> _answered = [];

    public string Name => inner.Name;

    public IWorkReader Work => inner.Work;

    public IStoreQueries Queries => inner.Queries;

    public StoreStatistics Statistics => inner.Statistics;

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => inner.MigrateAsync(cancellationToken);

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken) =>
        inner.RegisterAsync(integrations, consumers, cancellationToken);

    public async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        await Task.Delay(Lateness, cancellationToken);
        if (!answersFirst)
        {
            await inner.CommitAsync(commands, cancellationToken);
            return;
        }

        var ingests = commands.OfType<IngestCommand>().ToList();
        await inner.CommitAsync([.. _early, .. commands.Except(ingests)], cancellationToken);
        _early.Clear();
        foreach (var command in ingests)
        {
            await AnswerAsync(command, cancellationToken);
        }

        _early.AddRange(ingests);
    }

    public async ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
    {
        if (idle)
        {
            await FlushAsync(cancellationToken);
        }

        await inner.MaintainAsync(idle, cancellationToken);
    }

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await inner.CloseAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_early.Count > 0)
        {
            await inner.CommitAsync([.. _early], cancellationToken);
            _early.Clear();
        }
    }

    private async Task AnswerAsync(IngestCommand command, CancellationToken cancellationToken)
    {
        foreach (var item in command.Events)
        {
            var (integration, message) = (item.Content.Integration, item.Content.MessageId);
            var stored = await inner.Queries.ListEventsAsync(new EventFilter(integration, MessageId: message), null, 1, cancellationToken);
            var isKnown = _answered.TryGetValue((integration, message), out var first) || stored.Count > 0;
            first = stored.Count > 0 ? stored[0].Id : isKnown ? first : item.Id;
            _answered[(integration, message)] = first;
            item.Result = new IngestResult(first, isKnown, Conflict: false);
        }
    }
}
