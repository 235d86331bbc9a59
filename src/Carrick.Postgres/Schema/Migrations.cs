using System.Reflection;
using Carrick.Storage.Rows;
using DbUp.Engine;

namespace Carrick.Postgres.Schema;

/// <summary>The scripts of this assembly.</summary>
internal static class Migrations
{
    public static IReadOnlyList<SqlScript> All { get; } =
        [.. EmbeddedScripts.Read(Assembly.GetExecutingAssembly(), "Carrick.Postgres.Schema.").Select(script => new SqlScript(script.Name, script.Text))];
}
