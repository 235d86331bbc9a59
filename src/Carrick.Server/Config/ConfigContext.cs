namespace Carrick.Server.Config;

/// <summary>What the rules share while one document is read: its name, the environment, and the errors so far. Not thread-safe.</summary>
/// <param name="file">The file's name for errors.</param>
/// <param name="environment">Reads an environment variable.</param>
internal sealed class ConfigContext(string file, Func<string, string?> environment)
{
    private readonly List<ConfigError> _errors = [];
    private int _expanded;

    /// <summary>All errors, by position.</summary>
    public IReadOnlyList<ConfigError> Errors => [.. _errors.OrderBy(error => error.Line).ThenBy(error => error.Column)];

    public bool HasErrors => _errors.Count > 0;

    /// <summary>Where the order of each consumer is decided.</summary>
    public Dictionary<string, ConfigPlace> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>How many errors there are so far.</summary>
    public int ErrorCount => _errors.Count;

    // A file of nothing but mistakes must not cost more than its reader can use.
    private bool IsFull => _errors.Count >= ConfigLimits.MaxErrors;

    public void Error(ConfigNode node, string message, string remedy) => Error(node.Line, node.Column, node.Path, message, remedy);

    public void Error(long line, long column, string key, string message, string remedy)
    {
        if (!IsFull)
        {
            _errors.Add(new ConfigError(file, line, column, key, message, remedy));
        }
    }

    public ConfigPlace Place(ConfigNode node, string key) => new(file, node.Line, node.Column, key);

    /// <summary>The text with its variables filled in, or <see langword="null"/> after an error.</summary>
    public string? Expand(ConfigScalar scalar)
    {
        var expansion = VariableText.Expand(scalar.Text, environment, ConfigLimits.MaxExpanded - _expanded);
        _expanded += expansion.Text.Length;
        foreach (var problem in expansion.Problems)
        {
            Error(scalar, problem.Message, problem.Remedy);
        }

        return expansion.Problems.Count == 0 ? expansion.Text : null;
    }
}
