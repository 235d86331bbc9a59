using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Structure;

/// <summary>A log message of an assembly, as its source-generated method declares it.</summary>
internal sealed record LogEvent(int Id, LogLevel Level, string Name, string Area, string Message)
{
    public override string ToString() => $"{Id} {Level} {Area} {Name}: {Message}";
}

/// <summary>Finds the log messages of an assembly.</summary>
internal static class LogEvents
{
    private const BindingFlags Any =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<LogEvent> Of(IEnumerable<Type> types) =>
        from type in types
        from method in type.GetMethods(Any)
        let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
        where attribute is not null
        orderby attribute.EventId, method.Name
        select new LogEvent(attribute.EventId, attribute.Level, method.Name, Area(type), attribute.Message);

    /// <summary>What is wrong with the messages: an id that is missing, used twice, or out of its area's range.</summary>
    public static IEnumerable<string> Problems(IReadOnlyCollection<LogEvent> events, IReadOnlyDictionary<string, (int From, int To)> ranges)
    {
        foreach (var group in events.GroupBy(item => item.Id).Where(group => group.Count() > 1))
        {
            yield return $"{group.Key} is used {group.Count()} times: {string.Join(", ", group.Select(item => item.Name))}";
        }

        foreach (var item in events)
        {
            var area = ranges.Keys.Where(prefix => item.Area.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length);
            if (area is null || item.Id < ranges[area].From || item.Id > ranges[area].To)
            {
                yield return $"{item.Id} {item.Name} is out of the range of {item.Area}";
            }
        }
    }

    private static string Area(Type type) => type.Namespace ?? type.Name;
}
