using System.Globalization;
using Carrick.CrashCampaign.Faults;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>Cuts connections to PostgreSQL at their COMMIT under load, so that nobody knows at first what became of it: those of the engine and those of handlers.</summary>
internal sealed class CutCampaign : ICampaign
{
    // Often enough that one follows another, and rarely enough that there is load between them.
    private const int CutOneIn = 10;

    private readonly Stage _stage;
    private readonly Network _network;
    private readonly VictimSettings _settings;

    public CutCampaign(Stage stage)
    {
        _stage = stage;
        (_network, _settings) = stage.Connect();
    }

    public string Done => $"{_network.Cuts} cuts";

    public async Task RunAsync()
    {
        using var victim = VictimProcess.Start(_settings, _stage.Log, VictimLog.IsFailureDespiteFaults);
        var address = await victim.WaitReadyAsync();
        _stage.Target.Add(address);
        var load = new LoadGenerator(_stage.Sender, _stage.Options.Connections, _stage.Options.Seed);
        load.Start();
        _network.CutCommits(CutOneIn);
        await victim.WatchAsync(WaitForCutsAsync());
        _network.Mend();
        await victim.WatchAsync(_stage.DrainAsync(address, load.StopAsync));
        await victim.StopAsync();
        await _stage.ExportAsync(_settings);
    }

    private async Task WaitForCutsAsync()
    {
        for (var said = 0; _network.Cuts < _stage.Options.Count; await Task.Delay(50))
        {
            if (_network.Cuts >= said + 500)
            {
                said = _network.Cuts;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{said,7:N0}/{_stage.Options.Count:N0} cuts; {_stage.Sender.Acked:N0} acknowledged"));
            }
        }
    }
}
