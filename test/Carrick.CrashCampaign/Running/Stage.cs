using Carrick.CrashCampaign.Databases;
using Carrick.CrashCampaign.Export;
using Carrick.CrashCampaign.Faults;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Receiving;
using Carrick.CrashCampaign.Victim;
using Carrick.Testing.History;
using Carrick.TestServices.Postgres;

namespace Carrick.CrashCampaign.Running;

/// <summary>What every run has: a database, receivers, senders, and the history of what they saw.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly string _directory;
    private readonly HistoryWriter _senders, _receivers;
    private readonly List<Network> _networks = [];
    private Uri _receiverAddress = null!;

    private Stage(CampaignOptions options, string directory)
    {
        Options = options;
        _directory = directory;
        var history = HistoryOf(directory);
        Directory.CreateDirectory(history);
        _senders = new HistoryWriter(Path.Combine(history, "senders.ndjson"));
        _receivers = new HistoryWriter(Path.Combine(history, "receivers.ndjson"));
        History = new HistoryWriter(Path.Combine(history, "engine.ndjson"), batch: 1 << 16);
        Log = TextWriter.Synchronized(File.CreateText(Path.Combine(directory, "server.log")));
        Random = new Random(options.Seed);
        Sender = new Sender(_senders, Target);
        Receiver = new ChaosReceiver(_receivers, options.Seed);
    }

    public CampaignOptions Options { get; }

    /// <summary>Of the run's choices.</summary>
    public Random Random { get; }

    /// <summary>What was made to fail.</summary>
    public FaultTally Tally { get; } = new();

    /// <summary>Where senders find a server.</summary>
    public Target Target { get; } = new();

    public Sender Sender { get; }

    public ChaosReceiver Receiver { get; }

    /// <summary>What the campaign knows of the engine.</summary>
    public HistoryWriter History { get; }

    /// <summary>What the servers write.</summary>
    public TextWriter Log { get; }

    /// <summary>The PostgreSQL server, if there is one.</summary>
    public PostgresServer? Postgres { get; private set; }

    public static string HistoryOf(string directory) => Path.Combine(directory, "history");

    public static async Task<Stage> SetAsync(CampaignOptions options, string directory)
    {
        var stage = new Stage(options, directory);
        stage.Declare(VictimSettings.Ledger, ConsumerType.Handler, ordered: true, VictimHost.Fast);
        stage.Declare(VictimSettings.Audit, ConsumerType.Handler, ordered: false, VictimHost.Fast);
        stage.Declare(VictimSettings.Erp, ConsumerType.Endpoint, ordered: true, VictimHost.Patient);
        stage.Declare(VictimSettings.Flaky, ConsumerType.Endpoint, ordered: false, VictimHost.Fast);
        stage._receiverAddress = await stage.Receiver.StartAsync();
        stage.Postgres = options.Postgres ? await PostgresServer.StartNewAsync() : null;
        return stage;
    }

    /// <summary>Links from one server to what it uses, and the server's settings, which go by them.</summary>
    public (Network Network, VictimSettings Settings) Connect()
    {
        var network = new Network(_receiverAddress, Postgres?.ConnectionString, Options.Faults, Options.Seed + _networks.Count, Tally);
        _networks.Add(network);
        return (network, new VictimSettings(_directory, network.Receivers, Options.Seed, Options.Handlers, Options.Sabotage, network.ConnectionString));
    }

    /// <summary>Ends the load, drains the server, replays the dead letters of an endpoint that works now, and writes down what the engine reports.</summary>
    public async Task DrainAsync(Uri address, Func<Task> endLoad)
    {
        await endLoad();
        using var control = new VictimClient(address);
        if (Postgres is not null)
        {
            // Its depths are those of its shards, and it may have been started a moment after another one was killed whose lease has not ended.
            await Outstanding.WhenOneNodeHasAllAsync(Postgres.ConnectionString);
        }

        Console.WriteLine($"draining: {await control.DrainAsync()}");
        Receiver.Mend();
        await control.ReplayAsync();
        Console.WriteLine($"after the replay of dead letters: {await control.DrainAsync()}");
        foreach (var depth in await control.ReadDepthsAsync())
        {
            History.Write(new ReportedDepth(depth.Consumer, depth.Ready, depth.Delayed, depth.Dead));
        }

        History.Write(new Drained(DateTimeOffset.UtcNow));
    }

    /// <summary>Writes down what the databases hold. Nothing may use them any more.</summary>
    public async Task ExportAsync(VictimSettings settings)
    {
        // Not through a link, and whatever has become of it.
        var databases = VictimDatabases.Of(settings with { Postgres = Postgres?.ConnectionString });
        await using (var store = databases.OpenStore())
        {
            StoreExport.Write(store, History);
        }

        foreach (var place in databases.EffectPlaces)
        {
            await using var effects = databases.OpenEffects(place);
            EffectExport.Write(effects, History);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var network in _networks)
        {
            await network.DisposeAsync();
        }

        await Receiver.DisposeAsync();
        Sender.Dispose();
        _senders.Dispose();
        _receivers.Dispose();
        History.Dispose();
        await Log.DisposeAsync();
        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }
    }

    private void Declare(string consumer, ConsumerType type, bool ordered, Retry.RetryPolicy retry) =>
        History.Write(new DeclaredConsumer(consumer, VictimSettings.Integration, type, ordered)
        {
            Retry = new RetryRule(retry.Attempts, retry.Base, retry.Factor, retry.Cap, retry.Jitter),
        });
}
