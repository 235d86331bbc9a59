using System.Data;
using Npgsql;

namespace Carrick.TestServices.Postgres;

/// <summary>Copies the tables of a schema with their rows, as one moment of the database shows them, into a schema that it makes.</summary>
/// <remarks>Foreign keys, triggers, views and functions are not copied; a schema that has any is refused.</remarks>
public static class SchemaCopy
{
    // Parents before their partitions. A partition gets its indexes from its parent.
    private const string Tables =
        """
        SELECT CASE WHEN t.relispartition
                 THEN format('CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I %4$s', $2, t.relname, parent.relname, pg_get_expr(t.relpartbound, t.oid))
                 ELSE format('CREATE TABLE %1$I.%2$I (LIKE %3$I.%2$I INCLUDING ALL)', $2, t.relname, $1) END
               || CASE WHEN t.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(t.oid) ELSE '' END
               || coalesce(' WITH (' || array_to_string(t.reloptions, ', ') || ')', '')
        FROM pg_class t
        LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
        LEFT JOIN pg_class parent ON parent.oid = i.inhparent
        WHERE t.relnamespace = $1::text::regnamespace AND t.relkind IN ('r', 'p')
        ORDER BY t.relispartition, t.oid
        """;

    private const string Rows =
        """
        SELECT format('INSERT INTO %1$I.%2$I OVERRIDING SYSTEM VALUE SELECT * FROM %3$I.%2$I', $2, relname, $1)
        FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        """;

    // The sequence of a serial column belongs to the original; that of an identity column has been made with the copy.
    private const string Sequences =
        """
        SELECT CASE WHEN c.attidentity = '' THEN format('CREATE SEQUENCE %1$I.%2$I OWNED BY %1$I.%3$I.%4$I; ALTER TABLE %1$I.%3$I ALTER COLUMN %4$I SET DEFAULT nextval(%5$L); ',
                 $2, s.relname, t.relname, c.attname, format('%I.%I', $2, s.relname)) ELSE '' END
               || format('SELECT setval(pg_get_serial_sequence(%L, %L), last_value, is_called) FROM %I.%I', format('%I.%I', $2, t.relname), c.attname, $1, s.relname)
        FROM pg_class s
        JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_class t ON t.oid = d.refobjid
        JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = d.refobjsubid
        WHERE s.relnamespace = $1::text::regnamespace AND s.relkind = 'S'
        """;

    // Those that no column owns.
    private const string LooseSequences =
        """
        SELECT format('CREATE SEQUENCE %1$I.%2$I MINVALUE %4$s; SELECT setval(%3$L, last_value, is_called) FROM %5$I.%2$I',
            $2, s.relname, format('%I.%I', $2, s.relname), q.seqmin, $1)
        FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
        WHERE s.relnamespace = $1::text::regnamespace AND s.relkind = 'S'
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
        """;

    private const string Others =
        """
        SELECT relname::text FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('v', 'm', 'f', 'c') AND $2::text IS NOT NULL
        UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = $1::text::regnamespace
        UNION ALL SELECT conname::text FROM pg_constraint WHERE connamespace = $1::text::regnamespace AND contype = 'f'
        UNION ALL SELECT tgname::text FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid WHERE t.relnamespace = $1::text::regnamespace AND NOT tgisinternal
        """;

    /// <summary>Makes the copy, in one transaction.</summary>
    /// <param name="connectionString">Of the database.</param>
    /// <param name="from">The schema.</param>
    /// <param name="to">The name of the copy.</param>
    /// <param name="afterwards">A statement that is run on the copy before anybody sees it, with <c>~table</c> for its tables.</param>
    /// <exception cref="NotSupportedException">The schema has something that would be missing in the copy.</exception>
    public static void Make(string connectionString, string from, string to, string afterwards)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
        if (List(connection, Others, from, to) is { Count: > 0 } others)
        {
            throw new NotSupportedException($"The copy of '{from}' would lack {string.Join(", ", others)}.");
        }

        Run(connection, [$"CREATE SCHEMA {to}"]);
        Run(connection, List(connection, Tables, from, to));
        Run(connection, List(connection, Rows, from, to));
        Run(connection, List(connection, Sequences, from, to));
        Run(connection, List(connection, LooseSequences, from, to));
        Run(connection, [afterwards.Replace("~", to + ".", StringComparison.Ordinal)]);
        transaction.Commit();
    }

    private static List<string> List(NpgsqlConnection connection, string sql, string from, string to)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = to });
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }

    private static void Run(NpgsqlConnection connection, List<string> statements)
    {
        foreach (var statement in statements)
        {
            using var command = new NpgsqlCommand(statement, connection);
            command.ExecuteNonQuery();
        }
    }
}
