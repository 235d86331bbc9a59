using Carrick.CrashCampaign.Running;
using Carrick.CrashCampaign.Victim;

switch (args)
{
    case [VictimSettings.Mode, var settings]:
        return await VictimHost.RunAsync(VictimSettings.Parse(settings));
    case ["--help" or "-h"]:
        Console.WriteLine(CampaignArguments.Usage);
        return 0;
    default:
        return CampaignArguments.TryParse(args, Console.Error) is { } options ? await Campaign.RunAsync(options) : 2;
}
