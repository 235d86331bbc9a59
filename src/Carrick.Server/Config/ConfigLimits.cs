namespace Carrick.Server.Config;

/// <summary>Bounds on a document, so that a hostile one costs little.</summary>
internal static class ConfigLimits
{
    /// <summary>The size of the file in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Keys and values together.</summary>
    public const int MaxNodes = 50_000;

    /// <summary>Levels of lists and mappings in one another.</summary>
    public const int MaxDepth = 16;

    /// <summary>Characters of all texts together with their variables filled in; a small file can name a long variable many times.</summary>
    public const int MaxExpanded = 4 * 1024 * 1024;

    /// <summary>Errors that are collected before reading stops.</summary>
    public const int MaxErrors = 200;
}
