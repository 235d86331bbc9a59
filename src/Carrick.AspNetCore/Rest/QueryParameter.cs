namespace Carrick.Rest;

/// <summary>A query parameter of a route: what is accepted, and what the OpenAPI document says of it.</summary>
internal sealed record QueryParameter(string Name, string Description)
{
    public static readonly QueryParameter Limit = new("limit", "The most items of a page.") { Minimum = 1, Maximum = 500, Default = 50 };
    public static readonly QueryParameter Cursor = new("cursor", "The nextCursor of the page before; only with the same filters.");

    /// <summary>An id with this prefix, or <see langword="null"/>.</summary>
    public string? IdPrefix { get; init; }

    /// <summary>The accepted words, or <see langword="null"/> for any.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>An RFC 3339 time.</summary>
    public bool IsTime { get; init; }

    public int? Minimum { get; init; }

    public int? Maximum { get; init; }

    public int? Default { get; init; }
}
