using System.Reflection;
using Carrick.Storage.Rows;
using DbUp.Engine;

namespace Carrick.Sqlite.Schema;

/// <summary>The scripts of this assembly.</summary>
internal static class Migrations
{
    public static IReadOnlyList<SqlScript> All { get; } =
        [.. EmbeddedScripts.Read(Assembly.GetExecutingAssembly(), "Carrick.Sqlite.Schema.").Select(script => new SqlScript(script.Name, script.Text))];
}
