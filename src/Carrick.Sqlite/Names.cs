using System.Collections.Frozen;
using Carrick.Sqlite.Raw;

namespace Carrick.Sqlite;

/// <summary>The names behind the numbers in rows. Immutable; replaced as a whole when names are registered.</summary>
internal sealed class Names
{
    private readonly FrozenDictionary<int, string> _integrations;
    private readonly FrozenDictionary<int, string> _consumers;

    private Names(Dictionary<int, string> integrations, Dictionary<int, string> consumers)
    {
        _integrations = integrations.ToFrozenDictionary();
        _consumers = consumers.ToFrozenDictionary();
    }

    public static Names Empty { get; } = new([], []);

    public string Integration(int number) => _integrations.GetValueOrDefault(number, string.Empty);

    public string Consumer(int number) => _consumers.GetValueOrDefault(number, string.Empty);

    public IEnumerable<int> ConsumerNumbers => _consumers.Keys;

    public int? FindConsumer(string name) => Find(_consumers, name);

    public int? FindIntegration(string name) => Find(_integrations, name);

    public static Names Read(Database database)
    {
        var integrations = new Dictionary<int, string>();
        var statement = database["SELECT number, name FROM integrations"];
        while (statement.Step())
        {
            integrations.Add(statement.Int32(0), statement.Text(1));
        }

        var consumers = new Dictionary<int, string>();
        statement = database["SELECT number, name FROM consumers"];
        while (statement.Step())
        {
            consumers.Add(statement.Int32(0), statement.Text(1));
        }

        return new Names(integrations, consumers);
    }

    private static int? Find(FrozenDictionary<int, string> names, string name)
    {
        foreach (var (number, candidate) in names)
        {
            if (candidate == name)
            {
                return number;
            }
        }

        return null;
    }
}
