using System.Globalization;

namespace Carrick.Benchmarks.Peers;

/// <summary>What processes and all that they started have used, from <c>/proc</c>.</summary>
/// <param name="CpuSeconds">In user and kernel mode, of children that have ended too.</param>
/// <param name="ResidentBytes">Now. Pages that processes share count in each of them.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes)
{
    // proc(5): USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    // Fields of /proc/PID/stat behind the name of the program, which may contain anything.
    private const int Parent = 1;
    private const int FirstTime = 11;
    private const int LastTime = 14;
    private const int ResidentPages = 21;

    /// <summary>Reads them once.</summary>
    /// <param name="roots">Process ids; one that has ended counts nothing.</param>
    public static ProcessUsage Of(IReadOnlyCollection<int> roots)
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Fields: Read(id)))
            .Where(process => process.Fields.Length > ResidentPages)
            .ToDictionary(process => process.Id, process => process.Fields);
        var (cpu, resident) = (0.0, 0L);
        foreach (var (id, fields) in all)
        {
            if (Ancestors(id).Any(roots.Contains))
            {
                cpu += Enumerable.Range(FirstTime, LastTime - FirstTime + 1).Sum(field => Number(fields[field])) / TicksPerSecond;
                resident += Number(fields[ResidentPages]) * Environment.SystemPageSize;
            }
        }

        return new ProcessUsage(cpu, resident);

        IEnumerable<int> Ancestors(int id)
        {
            for (var at = id; all.TryGetValue(at, out var fields); at = (int)Number(fields[Parent]))
            {
                yield return at;
            }
        }
    }

    private static string[] Read(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended between the listing and the reading.
            return [];
        }
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
