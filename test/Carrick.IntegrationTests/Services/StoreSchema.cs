using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.IntegrationTests.Services;

/// <summary>The store's tables in a schema of a test.</summary>
internal static class StoreSchema
{
    public static async Task MakeAsync(NpgsqlConnection connection, string schema)
    {
        var assembly = typeof(PostgresDatabase).Assembly;
        await connection.RunAsync($"CREATE SCHEMA {schema}");
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var script = new StreamReader(assembly.GetManifestResourceStream(name)!);
            await connection.RunAsync((await script.ReadToEndAsync()).Replace("~", schema + ".", StringComparison.Ordinal));
        }
    }

    /// <summary>The columns, indexes and settings of all tables, a line each, without the names of the schema and of indexes.</summary>
    public static async Task<string> DescribeAsync(NpgsqlConnection connection, string schema) => (string)(await connection.RunAsync(
        $"""
        SELECT string_agg(text, E'\n' ORDER BY text) FROM (SELECT replace(line, '{schema}.', '') AS text FROM (
            SELECT concat_ws(' ', t.relname, t.relkind, t.reloptions::text, pg_get_partkeydef(t.oid), pg_get_expr(t.relpartbound, t.oid)) AS line
            FROM pg_class t WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p')
            UNION ALL
            SELECT concat_ws(' ', t.relname, c.attname, format_type(c.atttypid, c.atttypmod), c.attnotnull, c.attidentity, c.attstorage, c.attcollation::regcollation,
                pg_get_expr(d.adbin, d.adrelid), pg_get_serial_sequence(t.oid::regclass::text, c.attname))
            FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0
            LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = c.attnum
            WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p')
            UNION ALL
            SELECT regexp_replace(indexdef, 'INDEX \w+ ON', 'INDEX ON') FROM pg_indexes WHERE schemaname = '{schema}'
            UNION ALL
            SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace
        ) AS lines) AS texts
        """))!;
}
