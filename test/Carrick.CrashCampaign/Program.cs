using Carrick.CrashCampaign;
using Carrick.CrashCampaign.Victim;

if (args is [VictimSettings.Mode, var settings])
{
    return await VictimHost.RunAsync(VictimSettings.Parse(settings));
}

if (CampaignOptions.TryParse(args, Console.Error) is not { } options)
{
    return 2;
}

return await Campaign.RunAsync(options);
