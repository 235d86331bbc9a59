using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Carrick.Benchmarks.Reporting;

/// <summary>Prints results as Markdown, each under the line that says on what they were taken.</summary>
internal static class Report
{
    public static void Title(string text, Settings settings)
    {
        Console.WriteLine($"## {text}");
        Console.WriteLine();
        Console.WriteLine(Hardware(settings));
        Console.WriteLine();
    }

    public static void Table(string[] head, IEnumerable<string[]> rows)
    {
        Console.WriteLine($"| {string.Join(" | ", head)} |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", head.Length))}");
        foreach (var row in rows)
        {
            Console.WriteLine($"| {string.Join(" | ", row)} |");
        }

        Console.WriteLine();
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Number(double value, string format = "N0") => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Percent(double ratio) => ratio.ToString("P0", CultureInfo.InvariantCulture);

    private static string Hardware(Settings settings)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        var drive = new DriveInfo(Path.GetFullPath(settings.Data));
        return $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC; {Processor()}, {Environment.ProcessorCount} cores, {memory:N0} GiB; {drive.DriveFormat}; "
            + $"{RuntimeInformation.OSDescription}; {WriteBack()}{RuntimeInformation.FrameworkDescription}; Carrick {Version()}; load average at the start {Load()}";
    }

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : RuntimeInformation.ProcessArchitecture.ToString();

    // From how many changed pages on Linux writes them before they are old, which decides how long a commit may stand still.
    private static string WriteBack()
    {
        const string Setting = "/proc/sys/vm/dirty_background_";
        return !File.Exists(Setting + "bytes") ? ""
            : Read("bytes") is not "0" and var bytes ? $"vm.dirty_background_bytes {bytes}; "
            : $"vm.dirty_background_ratio {Read("ratio")}; ";

        static string Read(string unit) => File.ReadAllText(Setting + unit).Trim();
    }

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Version() => typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
