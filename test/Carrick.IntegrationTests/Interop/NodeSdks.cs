using System.Diagnostics;
using System.Text.Json;

namespace Carrick.IntegrationTests.Interop;

/// <summary>Asks the official Node.js SDKs to sign and to verify.</summary>
internal static class NodeSdks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>One answer per request, in order.</summary>
    public static async Task<IReadOnlyList<JsonElement>> AskAsync(params object[] requests)
    {
        var folder = Folder();
        var start = new ProcessStartInfo("node", "interop.mjs")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("Node.js did not start.");
        using var patience = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(requests));
        process.StandardInput.Close();
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, await error);
        return [.. JsonDocument.Parse(await output).RootElement.EnumerateArray()];
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var interop = Path.Combine(folder.FullName, "test", "interop");
            if (File.Exists(Path.Combine(interop, "package.json")))
            {
                Assert.True(Directory.Exists(Path.Combine(interop, "node_modules")), "The SDKs are not installed: run 'npm ci' in test/interop.");
                return interop;
            }
        }

        throw new InvalidOperationException("test/interop was not found above the test's folder.");
    }
}
