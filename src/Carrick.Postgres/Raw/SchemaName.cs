using System.Text.RegularExpressions;
using Carrick.Diagnostics;

namespace Carrick.Postgres.Raw;

/// <summary>The schema that holds Carrick's tables. Every statement names it, because a pooler forgets <c>search_path</c>.</summary>
internal sealed partial class SchemaName
{
    /// <exception cref="ArgumentException">Not a plain lower-case name of at most 48 characters.</exception>
    public SchemaName(string name)
    {
        if (!Plain().IsMatch(name))
        {
            throw new ArgumentException($"The schema name {NameText.Quoted(name, "that was given")} is not usable: it must have 1 to 48 lower-case letters, digits and underscores, begin with a letter, and not with 'pg_'.", nameof(name));
        }

        Name = name;
    }

    /// <summary>The name; it needs no quotes.</summary>
    public string Name { get; }

    /// <summary>A statement with <c>~table</c> replaced by <c>schema.table</c>.</summary>
    public string Sql(string text) => text.Replace("~", Name + ".", StringComparison.Ordinal);

    [GeneratedRegex("^(?!pg_)[a-z][a-z0-9_]{0,47}$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
