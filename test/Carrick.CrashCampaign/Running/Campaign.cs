using System.Diagnostics;
using System.Globalization;
using Carrick.Checking;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Running;

/// <summary>One run: sets the stage, does what was asked for, and checks the history.</summary>
internal static class Campaign
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(CampaignOptions options)
    {
        var directory = options.Directory ?? Directory.CreateTempSubdirectory("carrick-crash-").FullName;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"seed {options.Seed}, {options.Count:N0} {options.Kind.ToString().ToLowerInvariant()}, {options.Connections} connections, in {directory}"));
        try
        {
            var watch = Stopwatch.StartNew();
            var done = await ActAsync(options, directory).WaitAsync(options.Deadline);
            Console.WriteLine($"took {watch.Elapsed.TotalSeconds:F0} s");
            var report = HistoryChecker.CheckDirectory(Stage.HistoryOf(directory));
            CheckCommand.Print(report, Console.Out);
            Console.WriteLine(report.IsClean ? $"{done}." : $"{done}; databases, log and history are in {directory}");
            if (report.IsClean && !options.Keep)
            {
                Directory.Delete(directory, recursive: true);
            }

            return report.IsClean ? 0 : 1;
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
    }

    private static async Task<string> ActAsync(CampaignOptions options, string directory)
    {
        await using var stage = await Stage.SetAsync(options, directory);
        ICampaign campaign = options.Kind switch
        {
            CampaignKind.Cuts => new CutCampaign(stage),
            CampaignKind.Shuffled => new ShuffledCampaign(stage),
            CampaignKind.Zombies => new ZombieCampaign(stage),
            _ => new KillCampaign(stage),
        };
        await campaign.RunAsync();
        if (options.Faults != Faults.FaultKinds.None)
        {
            Console.WriteLine($"faults: {stage.Tally}");
        }

        return campaign.Done;
    }
}
