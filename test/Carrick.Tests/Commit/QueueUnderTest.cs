using System.Diagnostics.Metrics;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Carrick.Tests.Commit;

/// <summary>A commit queue over a store that does as it is told. It is stopped, with a store that works again, at the end.</summary>
internal sealed class QueueUnderTest : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public QueueUnderTest(ICommitThread? thread = null, CarrickOptions? options = null, TimeProvider? time = null, ILogger<CommitQueue>? log = null) => Queue = new CommitQueue(
        Store,
        thread ?? new CommitThread(),
        Options.Create(options ?? new CarrickOptions()),
        new CommitMetrics(_services.GetRequiredService<IMeterFactory>(), time ?? TimeProvider.System),
        log ?? NullLogger<CommitQueue>.Instance);

    public ScriptedStore Store { get; } = new();

    public CommitQueue Queue { get; }

    /// <summary>Starts it with ids of its own.</summary>
    public void Start() => Queue.Start(new RecordIdGenerator(TimeProvider.System, 2UL << 62, 0));

    public async ValueTask DisposeAsync()
    {
        (Store.Failure, Store.Refuses) = (null, null);
        await Queue.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Queue.Dispose();
        await _services.DisposeAsync();
    }
}
