using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>The arrays whose items become events of their own.</summary>
internal sealed class SplitPlan(ImmutableArray<SplitPath> paths)
{
    private const int MaxPaths = 8, MaxLevels = 4;

    public ImmutableArray<SplitPath> Paths { get; } = paths;

    /// <summary>Every item of the root array is an event, so that no field stands outside of one.</summary>
    public bool SplitsRoot => Paths.All(path => path.Steps[0] == JsonPath.Each);

    /// <summary>Reads alternatives such as <c>json.entry[].changes[] | json.entry[].messaging[]</c>.</summary>
    public static SplitPlan? TryParse(string text)
    {
        var paths = ImmutableArray.CreateBuilder<SplitPath>();
        foreach (var alternative in text.Split('|', StringSplitOptions.TrimEntries))
        {
            if (JsonPath.TryParse(alternative) is not { IsEmpty: false } steps || steps[^1] != JsonPath.Each || steps.Any(step => step.Index >= 0)
                || steps.Count(step => step == JsonPath.Each) > MaxLevels)
            {
                return null;
            }

            paths.Add(new SplitPath(alternative, steps));
        }

        return paths.Count <= MaxPaths ? new SplitPlan(paths.ToImmutable()) : null;
    }

    /// <summary>Whether these are the items of one of the paths, and not of an array around them.</summary>
    public bool EndsIn(string items) => Paths.Any(path => path.Levels[^1] == items);

    /// <summary>Whether these are the items of one of the paths, or of an array around them.</summary>
    public bool Has(string items) => Paths.Any(path => path.Levels.Contains(items));
}

/// <summary>A path to items.</summary>
internal sealed class SplitPath
{
    private readonly ImmutableArray<string> _at;

    public SplitPath(string text, ImmutableArray<JsonStep> steps)
    {
        Steps = steps;
        var at = ImmutableArray.CreateBuilder<string>(steps.Length + 1);
        at.Add("");
        for (int i = 0, end = 0; i < steps.Length; i++)
        {
            if (steps[i] == JsonPath.Each)
            {
                end = text.IndexOf(JsonPath.EachText, end, StringComparison.Ordinal) + JsonPath.EachText.Length;
            }

            at.Add(text[..end]);
        }

        _at = at.ToImmutable();
        Levels = [.. _at.Where(items => items.Length > 0).Distinct()];
    }

    public ImmutableArray<JsonStep> Steps { get; }

    /// <summary>The arrays along the path, outermost first.</summary>
    public ImmutableArray<string> Levels { get; }

    /// <summary>The innermost array that the first steps lead into.</summary>
    public string Items(int steps) => _at[steps];
}
