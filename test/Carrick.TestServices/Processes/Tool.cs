using System.ComponentModel;
using System.Diagnostics;

namespace Carrick.TestServices.Processes;

/// <summary>A command that is run to its end.</summary>
internal static class Tool
{
    /// <summary>What it wrote to its output.</summary>
    /// <exception cref="InvalidOperationException">It is not there, or it failed.</exception>
    public static string Run(params IEnumerable<string> command)
    {
        var (code, output, error) = Start([.. command]);
        return code == 0 ? output : throw new InvalidOperationException($"'{string.Join(' ', command)}' failed with {code}: {output}{error}");
    }

    /// <summary>What it wrote to its output, or <see langword="null"/> if it is not there or failed.</summary>
    public static string? TryRun(params IEnumerable<string> command)
    {
        var (code, output, _) = Start([.. command]);
        return code == 0 ? output : null;
    }

    private static (int Code, string Output, string Error) Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (Win32Exception missing)
        {
            return (-1, "", missing.Message);
        }
    }
}
