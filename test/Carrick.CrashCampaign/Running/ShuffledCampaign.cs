using System.Globalization;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>Delivers each message many times, in no order: it takes effect once.</summary>
internal sealed class ShuffledCampaign(Stage stage) : ICampaign
{
    private readonly VictimSettings _settings = stage.Connect().Settings;

    public string Done => string.Create(CultureInfo.InvariantCulture, $"{stage.Options.Count:N0} shuffled deliveries");

    public async Task RunAsync()
    {
        using var victim = VictimProcess.Start(_settings, stage.Log, VictimLog.IsFailure);
        var address = await victim.WaitReadyAsync();
        stage.Target.Add(address);
        var load = new ShuffledLoad(stage.Sender, stage.Options.Connections, stage.Options.Seed, stage.Options.Count);
        await victim.WatchAsync(stage.DrainAsync(address, load.SendAsync));
        await victim.StopAsync();
        await stage.ExportAsync(_settings);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{load.Messages:N0} messages"));
    }
}
