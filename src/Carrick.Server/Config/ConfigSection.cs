using System.Globalization;

namespace Carrick.Server.Config;

/// <summary>Reads the keys of one mapping; whatever is wrong goes to the context and reads as unset.</summary>
internal sealed class ConfigSection
{
    private readonly ConfigMapping _mapping;
    private readonly ConfigContext _context;

    private ConfigSection(ConfigMapping mapping, ConfigContext context) => (_mapping, _context) = (mapping, context);

    public ConfigNode Node => _mapping;

    /// <summary>Opens a mapping and reports every key that is not <paramref name="known"/>.</summary>
    public static ConfigSection? Open(ConfigNode node, string[] known, ConfigContext context)
    {
        if (node is not ConfigMapping mapping)
        {
            context.Error(node, $"Must be a mapping, not {node.Kind}.", $"Known keys: {string.Join(", ", known)}.");
            return null;
        }

        foreach (var (key, _) in mapping.Entries.Where(entry => !known.Contains(entry.Key.Text, StringComparer.Ordinal)))
        {
            context.Error(key, "Unknown key.", Suggestion.Nearest(key.Text, known) is { } near
                ? $"Did you mean '{near}'?"
                : $"Known keys: {string.Join(", ", known)}.");
        }

        return new ConfigSection(mapping, context);
    }

    public ConfigNode? Find(string key) => _mapping.Find(key);

    public ConfigSection? Section(string key, string[] known) => Find(key) is { } node ? Open(node, known, _context) : null;

    /// <summary>Reports a key that must be there and is not.</summary>
    public void Require(string key, string remedy)
    {
        if (Find(key) is null)
        {
            _context.Error(_mapping.Line, _mapping.Column, ConfigText.Join(_mapping.Path, key), "The key is missing.", remedy);
        }
    }

    public void Error(string key, string message, string remedy) => _context.Error(Find(key) ?? _mapping, message, remedy);

    /// <summary>A text with its variables filled in.</summary>
    public string? Text(string key) => Find(key) is { } node ? Text(node) : null;

    /// <summary>A list of texts; a single one counts as a list.</summary>
    public IReadOnlyList<ConfigValue> Texts(string key)
    {
        var node = Find(key);
        if (node is ConfigList { Items.Count: 0 })
        {
            _context.Error(node, "The list is empty.", "Add an item or remove the key.");
        }

        var items = node is ConfigList list ? list.Items : node is null ? [] : [node];
        return [.. items.Select(item => (Node: item, Text: Text(item))).Where(item => item.Text is not null).Select(item => new ConfigValue(item.Node, item.Text!))];
    }

    /// <summary>The keys and texts of a mapping.</summary>
    public IReadOnlyList<KeyValuePair<string, ConfigValue>> Pairs(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case ConfigMapping mapping:
                return [.. mapping.Entries.Select(entry => (entry.Key, entry.Value, Text: Text(entry.Value))).Where(entry => entry.Text is not null)
                    .Select(entry => KeyValuePair.Create(entry.Key.Text, new ConfigValue(entry.Value, entry.Text!)))];
            case var node:
                _context.Error(node, $"Must be a mapping, not {node.Kind}.", "Write one 'name: value' per line below it.");
                return [];
        }
    }

    public TimeSpan? Duration(string key, TimeSpan min, TimeSpan max) =>
        Value<TimeSpan>(key, DurationText.TryParse, "a duration", "15s, 500ms, 2m, 1h or 7d", min, max, DurationText.Format);

    public long? Size(string key, long min, long max) => Value<long>(key, SizeText.TryParse, "a size", "512KiB or 1MiB", min, max, SizeText.Format);

    public int? Integer(string key, int min, int max) => Value<int>(key, TryInteger, "a whole number", "8", min, max, value => value.ToString(CultureInfo.InvariantCulture));

    public double? Number(string key, double min, double max) => Value<double>(key, TryNumber, "a number", "0.2", min, max, value => value.ToString(CultureInfo.InvariantCulture));

    public Integrations.RateLimit? Rate(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (RateText.TryParse(text, out var rate))
        {
            return rate;
        }

        Error(key, $"{Written(key)} is not a rate.", "Write it like 50/s, 100/m or 1000/h, from 1 to 1000000.");
        return null;
    }

    /// <summary>One of a few words.</summary>
    public T? Word<T>(string key, IReadOnlyList<(string Word, T Value)> words)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        foreach (var (word, value) in words)
        {
            if (word == text)
            {
                return value;
            }
        }

        Error(key, $"{Written(key)} is not known.", $"Use {string.Join(" or ", words.Select(word => word.Word))}.");
        return null;
    }

    private delegate bool Parse<T>(string text, out T value);

    private static bool TryInteger(string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private T? Value<T>(string key, Parse<T> parse, string what, string example, T min, T max, Func<T, string> format)
        where T : struct, IComparable<T>
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (!parse(text, out var value))
        {
            Error(key, $"{Written(key)} is not {what}.", $"Write it like {example}.");
            return null;
        }

        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            Error(key, $"{Written(key)} is out of range.", $"Use {format(min)} to {format(max)}.");
            return null;
        }

        return value;
    }

    // What the file says, not what a variable holds.
    private string Written(string key) => Find(key) is ConfigScalar scalar ? ConfigText.Show(scalar.Text) : "The value";

    private string? Text(ConfigNode node)
    {
        if (node is ConfigScalar { IsNull: false } scalar)
        {
            return _context.Expand(scalar);
        }

        _context.Error(node, node is ConfigScalar ? "The value is empty." : $"Must be a single value, not {node.Kind}.", "Write a value behind the colon.");
        return null;
    }
}

/// <summary>A text and where it stands.</summary>
/// <param name="Node">Where.</param>
/// <param name="Text">Filled in; not to be shown, it may hold a secret.</param>
internal readonly record struct ConfigValue(ConfigNode Node, string Text);
