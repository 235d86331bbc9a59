namespace Carrick.TestServices.Postgres;

/// <summary>What a <see cref="SmallTablespace"/> does to the tables of a schema.</summary>
internal static class SmallTablespaceSql
{
    /// <summary>Moves tables and indexes, also what later partitions inherit, and has no value compressed.</summary>
    public static string Move(string schema, string tablespace) =>
        $"""
        DO $do$
        DECLARE statement text;
        BEGIN
          FOR statement IN
            SELECT format('ALTER %s %s SET TABLESPACE {tablespace}', CASE WHEN relkind IN ('r', 'p') THEN 'TABLE' ELSE 'INDEX' END, oid::regclass)
            FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p', 'i', 'I')
            UNION ALL
            SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', t.oid::regclass, c.attname)
            FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
            WHERE t.relnamespace = '{schema}'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
              AND c.attnum > 0 AND NOT c.attisdropped AND c.attstorage = 'x'
          LOOP EXECUTE statement; END LOOP;
        END $do$
        """;

    /// <summary>Inserts a row into each table that has none and takes it back; the pages stay. A block that catches an error undoes what was done in it.</summary>
    public static string TakePages(string schema) =>
        $"""
        DO $do$
        DECLARE statement text;
        BEGIN
          FOR statement IN
            SELECT format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s) ON CONFLICT DO NOTHING', t.oid::regclass,
              string_agg(quote_ident(c.attname), ', '),
              string_agg(CASE c.atttypid
                WHEN 'boolean'::regtype THEN 'false'
                WHEN 'timestamptz'::regtype THEN 'now()'
                WHEN 'timestamp'::regtype THEN 'now()'
                WHEN 'bytea'::regtype THEN quote_literal('')
                WHEN 'uuid'::regtype THEN quote_literal('00000000-0000-0000-0000-000000000000')
                ELSE quote_literal('1') END, ', '))
            FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
            WHERE t.relnamespace = '{schema}'::regnamespace AND t.relkind = 'r' AND NOT t.relispartition
              AND c.attnum > 0 AND NOT c.attisdropped AND c.attnotnull
            GROUP BY t.oid
          LOOP
            BEGIN
              EXECUTE statement;
              RAISE EXCEPTION USING ERRCODE = 'TAKEN';
            EXCEPTION WHEN SQLSTATE 'TAKEN' THEN NULL;
            END;
          END LOOP;
        END $do$
        """;
}
