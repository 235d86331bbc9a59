using System.Diagnostics;
using System.Globalization;
using Carrick.CrashCampaign.Faults;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Victim;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Running;

/// <summary>Kills the server at random moments under load. With faults, what the server uses fails before, and in some lives works again for a while.</summary>
internal sealed class KillCampaign : ICampaign
{
    // Listening to first dispatch. Idle machines need milliseconds; this holds on two busy cores too, and no lost wake-up passes it.
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(15);

    // A statement on a dead connection takes 15 s, another 5 s to cancel it, and 5 s to open the next one; a sender looks again after 10 s.
    private static readonly TimeSpan FaultPatience = TimeSpan.FromSeconds(60);

    private readonly Stage _stage;
    private readonly Random _random;
    private readonly CampaignOptions _options;
    private readonly RecoveryTimes _recovery = new();
    private readonly Network _network;
    private readonly VictimSettings _settings;
    private readonly ServerFaults? _server;
    private bool _hadLife;

    public KillCampaign(Stage stage)
    {
        (_stage, _random, _options) = (stage, stage.Random, stage.Options);
        (_network, _settings) = stage.Connect();
        _server = _options.Faults.HasFlag(FaultKinds.Postmaster) ? new ServerFaults(stage.Postgres!, new Random(_options.Seed), stage.Tally) : null;
    }

    public string Done => $"{_options.Count} kills";

    public async Task RunAsync()
    {
        var load = new LoadGenerator(_stage.Sender, _options.Connections, _options.Seed);
        load.Start();
        for (var cycle = 1; cycle <= _options.Count; cycle++)
        {
            await CycleAsync($"{cycle,5}/{_options.Count}: ");
        }

        using var last = Start();
        await last.WatchAsync(FinishAsync(await last.WaitReadyAsync(), load));
        await last.StopAsync();
        await _stage.ExportAsync(_settings);

        _recovery.Add(last);
        _recovery.Print(Console.Out);
        // What a life uses may fail before its first dispatch, and then it counts from when that works again.
        _recovery.Check(_options.Faults == FaultKinds.None ? RecoveryLimit : FaultPatience);
    }

    private async Task CycleAsync(string name)
    {
        using var victim = Start();
        if (_random.Next(10) == 0)
        {
            // A kill in the middle of recovery.
            await victim.WatchAsync(Task.Delay(_random.Next(50, 600)));
            await KillAsync(victim);
            Console.WriteLine(name + "killed while it started");
            return;
        }

        var acked = _stage.Sender.Acked;
        var address = await victim.WaitReadyAsync();
        _network.EndForgotten();
        _stage.Target.Add(address);
        if (_random.Next(5) > 0)
        {
            // Most lives end under load; the others while the first requests come in.
            await victim.WatchAsync(WaitForLoadAsync(acked, _options.Patience));
        }

        var faults = await victim.WatchAsync(DisturbAsync());
        var life = _random.Next(50, 1_500);
        await victim.WatchAsync(Task.Delay(life));
        await KillAsync(victim);
        _stage.Target.Remove(address);
        _recovery.Add(victim);
        Console.WriteLine(name + string.Create(
            CultureInfo.InvariantCulture,
            $"ready after {victim.ReadyMilliseconds:F0} ms, first dispatch after {victim.DispatchMilliseconds ?? double.NaN:F0} ms, {faults}killed after {life} ms of load; {_stage.Sender.Acked:N0} acknowledged"));
    }

    /// <returns>What was done, in words.</returns>
    private async Task<string> DisturbAsync()
    {
        if (_options.Faults == FaultKinds.None)
        {
            return "";
        }

        // Something is under way when it begins.
        await Task.Delay(_random.Next(1_000));
        List<string> done = [];
        for (var step = _random.Next(1, 5); step > 0; step--)
        {
            done.Add(_network.Disturb());
            if (_random.Next(6) == 0 && _server is not null)
            {
                done.Add(await _server.CrashAsync());
            }

            await Task.Delay(_random.Next(50, 1_500));
        }

        if (_random.Next(2) == 0)
        {
            // It must find its way out by itself; other lives end in the middle of it.
            _network.Mend();
            var watch = Stopwatch.StartNew();
            await WaitForLoadAsync(_stage.Sender.Acked, FaultPatience);
            done.Add(string.Create(CultureInfo.InvariantCulture, $"mended, acknowledged after {watch.Elapsed.TotalMilliseconds:F0} ms"));
        }

        return string.Join("; ", done.Where(text => text.Length > 0)) + "; ";
    }

    private async Task KillAsync(VictimProcess victim)
    {
        await victim.KillAsync();
        _network.EndRequests();
    }

    private async Task WaitForLoadAsync(long acked, TimeSpan patience)
    {
        var limit = Stopwatch.StartNew();
        while (_stage.Sender.Acked == acked)
        {
            if (limit.Elapsed > patience)
            {
                throw new VictimFailedException($"Nothing was acknowledged within {patience.TotalSeconds} s.");
            }

            await Task.Delay(10);
        }
    }

    private VictimProcess Start()
    {
        if (_hadLife)
        {
            _stage.History.Write(new Killed(DateTimeOffset.UtcNow));
        }

        _hadLife = true;
        return VictimProcess.Start(_settings, _stage.Log, _options.Faults == FaultKinds.None ? VictimLog.IsFailure : VictimLog.IsFailureDespiteFaults);
    }

    private async Task FinishAsync(Uri address, LoadGenerator load)
    {
        _network.EndForgotten();
        _stage.Target.Add(address);
        await Task.Delay(500);
        await _stage.DrainAsync(address, load.StopAsync);
    }
}
