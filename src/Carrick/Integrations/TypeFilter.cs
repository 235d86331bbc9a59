namespace Carrick.Integrations;

/// <summary>Patterns over event types: an exact type, a prefix with <c>*</c> at the end, or <c>*</c>. Immutable, thread-safe.</summary>
public sealed record TypeFilter
{
    private readonly string[] _patterns;

    /// <summary>Makes a filter.</summary>
    /// <exception cref="ArgumentException">A pattern is empty or has <c>*</c> anywhere but at its end.</exception>
    public TypeFilter(IEnumerable<string> patterns)
    {
        _patterns = [.. patterns];
        foreach (var pattern in _patterns)
        {
            if (!IsPattern(pattern))
            {
                throw new ArgumentException($"'{pattern}' is not an event type pattern: use a type, a prefix with '*' at the end, or '*'.", nameof(patterns));
            }
        }
    }

    /// <summary>Every type.</summary>
    public static TypeFilter All { get; } = new(["*"]);

    /// <summary>The patterns.</summary>
    public IReadOnlyList<string> Patterns => _patterns;

    /// <summary>Whether the text is a pattern.</summary>
    public static bool IsPattern(string? pattern) =>
        !string.IsNullOrEmpty(pattern) && pattern.AsSpan(0, pattern.Length - 1).IndexOf('*') < 0;

    /// <summary>Whether one of the patterns matches; ordinal comparison.</summary>
    public bool Matches(string type)
    {
        foreach (var pattern in _patterns)
        {
            if (pattern[^1] == '*'
                ? type.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
                : string.Equals(type, pattern, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(TypeFilter? other) => other is not null && _patterns.AsSpan().SequenceEqual(other._patterns);

    /// <inheritdoc/>
    public override int GetHashCode() => _patterns.Length == 0 ? 0 : HashCode.Combine(_patterns.Length, _patterns[0]);
}
