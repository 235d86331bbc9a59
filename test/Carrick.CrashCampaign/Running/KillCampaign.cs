using System.Diagnostics;
using System.Globalization;
using Carrick.Checking;
using Carrick.CrashCampaign.Databases;
using Carrick.CrashCampaign.Export;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Receiving;
using Carrick.CrashCampaign.Victim;
using Carrick.Testing.History;
using Carrick.TestServices.Postgres;

namespace Carrick.CrashCampaign;

/// <summary>Kills the server at random moments under load, drains it, and checks the history.</summary>
internal sealed class Campaign : IAsyncDisposable
{
    // Listening to first dispatch. Idle machines need milliseconds; this holds on two busy cores too, and no lost wake-up passes it.
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(15);
    private readonly CampaignOptions _options;
    private readonly string _directory;
    private readonly Random _random;
    private readonly HistoryWriter _senders, _receivers, _engine;
    private readonly TextWriter _log;
    private readonly Target _target = new();
    private readonly RecoveryTimes _recovery = new();
    private readonly Sender _sender;
    private readonly LoadGenerator _load;
    private readonly ChaosReceiver _receiver;

    private bool _hadLife;

    private Campaign(CampaignOptions options, string directory)
    {
        _options = options;
        _directory = directory;
        _random = new Random(options.Seed);
        Directory.CreateDirectory(HistoryDirectory);
        _senders = new HistoryWriter(Path.Combine(HistoryDirectory, "senders.ndjson"));
        _receivers = new HistoryWriter(Path.Combine(HistoryDirectory, "receivers.ndjson"));
        _engine = new HistoryWriter(Path.Combine(HistoryDirectory, "engine.ndjson"), batch: 1 << 16);
        _log = TextWriter.Synchronized(File.CreateText(Path.Combine(directory, "server.log")));
        _sender = new Sender(_senders, _target);
        _load = new LoadGenerator(_sender, options.Connections, options.Seed);
        _receiver = new ChaosReceiver(_receivers, options.Seed);
    }

    private string HistoryDirectory => Path.Combine(_directory, "history");

    public static async Task<int> RunAsync(CampaignOptions options)
    {
        var directory = options.Directory ?? Directory.CreateTempSubdirectory("carrick-crash-").FullName;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, {options.Cycles} cycles, {options.Connections} connections, in {directory}"));
        bool clean;
        try
        {
            await using var campaign = new Campaign(options, directory);
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(6) + (options.Cycles * TimeSpan.FromSeconds(6)));
            await campaign.RunAsync().WaitAsync(deadline.Token);
            clean = campaign.Check(directory);
        }
        catch (VictimFailedException exception)
        {
            Console.Error.WriteLine($"The server failed without having been killed: {exception.Message} Its log is {directory}/server.log");
            return 4;
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"The run could not be finished; see {directory}: {exception}");
            return 3;
        }

        if (clean && !options.Keep)
        {
            Directory.Delete(directory, recursive: true);
        }

        return clean ? 0 : 1;
    }

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _sender.Dispose();
        _senders.Dispose();
        _receivers.Dispose();
        _engine.Dispose();
        await _log.DisposeAsync();
    }

    private async Task RunAsync()
    {
        Declare();
        var address = await _receiver.StartAsync();
        await using var server = _options.Postgres ? await PostgresServer.StartNewAsync() : null;
        var settings = new VictimSettings(_directory, address, _options.Seed, _options.Handlers, _options.Sabotage, server?.ConnectionString);
        _load.Start();
        for (var cycle = 1; cycle <= _options.Cycles; cycle++)
        {
            await CycleAsync(cycle, settings);
        }

        using var last = Start(settings);
        var lastAddress = await last.WaitReadyAsync();
        await last.WatchAsync(FinishAsync(lastAddress));
        await last.StopAsync();
        await ExportAsync(VictimDatabases.Of(settings));

        _recovery.Add(last);
        _recovery.Print(Console.Out);
        _recovery.Check(RecoveryLimit);
    }

    private async Task ExportAsync(VictimDatabases databases)
    {
        await using var store = databases.OpenStore();
        StoreExport.Write(store, _engine);
        foreach (var place in databases.EffectPlaces)
        {
            await using var effects = databases.OpenEffects(place);
            EffectExport.Write(effects, _engine);
        }
    }

    private async Task CycleAsync(int cycle, VictimSettings settings)
    {
        using var victim = Start(settings);
        if (_random.Next(10) == 0)
        {
            // A kill in the middle of recovery.
            await victim.WatchAsync(Task.Delay(_random.Next(50, 600)));
            await victim.KillAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cycle,5}/{_options.Cycles}: killed while it started"));
            return;
        }

        var acked = _sender.Acked;
        _target.Set(await victim.WaitReadyAsync());
        if (_random.Next(5) > 0)
        {
            // Most lives end under load; the others while the first requests come in.
            await victim.WatchAsync(WaitForLoadAsync(acked));
        }

        var life = _random.Next(50, 1_500);
        await victim.WatchAsync(Task.Delay(life));
        await victim.KillAsync();
        _target.Clear();
        _recovery.Add(victim);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cycle,5}/{_options.Cycles}: ready after {victim.ReadyMilliseconds:F0} ms, first dispatch after {victim.DispatchMilliseconds ?? double.NaN:F0} ms, killed after {life} ms of load; {_sender.Acked:N0} acknowledged"));
    }

    private async Task WaitForLoadAsync(long acked)
    {
        var limit = Stopwatch.StartNew();
        while (_sender.Acked == acked)
        {
            if (limit.Elapsed > _options.Patience)
            {
                throw new VictimFailedException($"Nothing was acknowledged within {_options.Patience.TotalSeconds} s of listening.");
            }

            await Task.Delay(10);
        }
    }

    private VictimProcess Start(VictimSettings settings)
    {
        if (_hadLife)
        {
            _engine.Write(new Killed(DateTimeOffset.UtcNow));
        }

        _hadLife = true;
        return VictimProcess.Start(settings, _log);
    }

    private async Task FinishAsync(Uri address)
    {
        _target.Set(address);
        await Task.Delay(500);
        await _load.StopAsync();
        using var control = new VictimClient(address);
        Console.WriteLine($"draining: {await control.DrainAsync()}");
        _receiver.Mend();
        await control.ReplayAsync();
        Console.WriteLine($"after the replay of dead letters: {await control.DrainAsync()}");
        foreach (var depth in await control.ReadDepthsAsync())
        {
            _engine.Write(new ReportedDepth(depth.Consumer, depth.Ready, depth.Delayed, depth.Dead));
        }

        _engine.Write(new Drained(DateTimeOffset.UtcNow));
    }

    private void Declare()
    {
        Declare(VictimSettings.Ledger, ConsumerType.Handler, ordered: true, VictimHost.Fast);
        Declare(VictimSettings.Audit, ConsumerType.Handler, ordered: false, VictimHost.Fast);
        Declare(VictimSettings.Erp, ConsumerType.Endpoint, ordered: true, VictimHost.Patient);
        Declare(VictimSettings.Flaky, ConsumerType.Endpoint, ordered: false, VictimHost.Fast);
    }

    private void Declare(string consumer, ConsumerType type, bool ordered, Retry.RetryPolicy retry) =>
        _engine.Write(new DeclaredConsumer(consumer, VictimSettings.Integration, type, ordered)
        {
            Retry = new RetryRule(retry.Attempts, retry.Base, retry.Factor, retry.Cap, retry.Jitter),
        });

    private bool Check(string directory)
    {
        _engine.Dispose();
        var report = HistoryChecker.CheckDirectory(HistoryDirectory);
        CheckCommand.Print(report, Console.Out);
        Console.WriteLine(report.IsClean ? $"{_options.Cycles} kills." : $"{_options.Cycles} kills; databases, log and history are in {directory}");
        return report.IsClean;
    }
}
