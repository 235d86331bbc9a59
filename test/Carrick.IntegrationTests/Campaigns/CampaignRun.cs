using System.Diagnostics;

namespace Carrick.IntegrationTests.Campaigns;

/// <summary>One run of the crash campaign, as a process of its own.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Standard output and standard error.</param>
internal sealed record CampaignRun(int Code, string Output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    public static async Task<CampaignRun> RunAsync(params string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("carrick-campaign-");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "carrick-crash.dll"), .. arguments, "--dir", directory.FullName])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("The campaign did not start.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
            return new CampaignRun(process.ExitCode, await output + await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            if (directory.Exists)
            {
                directory.Delete(recursive: true);
            }
        }
    }
}
