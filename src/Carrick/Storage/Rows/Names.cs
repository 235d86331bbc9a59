using System.Collections.Frozen;

namespace Carrick.Storage.Rows;

/// <summary>The names behind the numbers in rows. Immutable; replaced as a whole when names are registered.</summary>
internal sealed class Names
{
    private readonly FrozenDictionary<int, string> _integrations;
    private readonly FrozenDictionary<int, string> _consumers;

    public Names(Dictionary<int, string> integrations, Dictionary<int, string> consumers)
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
