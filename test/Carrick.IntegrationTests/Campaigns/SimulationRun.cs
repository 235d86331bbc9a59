using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Carrick.IntegrationTests.Campaigns;

/// <summary>One run of the simulation, as a process of its own: it needs the thread pool for itself.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Standard output.</param>
internal sealed partial record SimulationRun(int Code, string Output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>What all traces of the run hash to.</summary>
    public string Fingerprint => FingerprintPattern().Match(Output).Groups[1].Value;

    public static async Task<SimulationRun> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "carrick-simulate.dll"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("The simulation did not start.");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
            return new SimulationRun(process.ExitCode, await output);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex("fingerprint ([0-9a-f]{16})")]
    private static partial Regex FingerprintPattern();
}
