namespace Carrick.Server.Config;

/// <summary>A piece of the document that knows where it stands.</summary>
/// <param name="Path">The path of its key.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal abstract record ConfigNode(string Path, long Line, long Column)
{
    /// <summary>What it is, in words for errors.</summary>
    public abstract string Kind { get; }

    /// <summary>Whether a variable stands in it or below it. What came from one is never repeated in an error: it may be a secret.</summary>
    public abstract bool HoldsVariable { get; }
}

/// <summary>A text, a number, or nothing.</summary>
/// <param name="Path">The path of its key.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Text">As written, before variables are filled in.</param>
/// <param name="Quoted">Whether it stood in quotes or in a block.</param>
internal sealed record ConfigScalar(string Path, long Line, long Column, string Text, bool Quoted) : ConfigNode(Path, Line, Column)
{
    public override string Kind => IsNull ? "empty" : "a single value";

    public override bool HoldsVariable => Text.Contains("${", StringComparison.Ordinal);

    public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
/// <param name="Path">The path of its key.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Items">In order.</param>
internal sealed record ConfigList(string Path, long Line, long Column, IReadOnlyList<ConfigNode> Items) : ConfigNode(Path, Line, Column)
{
    public override string Kind => "a list";

    public override bool HoldsVariable => Items.Any(item => item.HoldsVariable);
}

/// <summary>Keys and values.</summary>
/// <param name="Path">The path of its key.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Entries">In order; no key twice.</param>
internal sealed record ConfigMapping(string Path, long Line, long Column, IReadOnlyList<ConfigEntry> Entries) : ConfigNode(Path, Line, Column)
{
    public override string Kind => "a mapping";

    public override bool HoldsVariable => Entries.Any(entry => entry.Value.HoldsVariable);

    public ConfigNode? Find(string key) => Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key; its path is that of the value.</param>
/// <param name="Value">The value.</param>
internal sealed record ConfigEntry(ConfigScalar Key, ConfigNode Value);
