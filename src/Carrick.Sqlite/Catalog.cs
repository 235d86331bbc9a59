using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite;

/// <summary>Gives names their numbers.</summary>
internal static class Catalog
{
    public static StoreCatalog Register(Database database, IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers)
    {
        // A number is never given twice: rows of these tables are never deleted.
        Insert(database["INSERT INTO integrations (name) VALUES (?1) ON CONFLICT (name) DO NOTHING"], integrations);
        Insert(database["INSERT INTO consumers (name) VALUES (?1) ON CONFLICT (name) DO NOTHING"], consumers);
        return Read(database);
    }

    private static void Insert(Statement statement, IReadOnlyCollection<string> names)
    {
        foreach (var name in names)
        {
            statement.Bind(1, name).Run();
        }
    }

    private static StoreCatalog Read(Database database)
    {
        var integrations = new Dictionary<string, int>(StringComparer.Ordinal);
        var row = database["SELECT number, name FROM integrations"];
        while (row.Step())
        {
            integrations.Add(row.Text(1), row.Int32(0));
        }

        var consumers = new Dictionary<string, ConsumerState>(StringComparer.Ordinal);
        row = database["SELECT number, name, disabled_at, disabled_reason, gate_until FROM consumers"];
        while (row.Step())
        {
            consumers.Add(row.Text(1), new ConsumerState(
                row.Int32(0), UnixTime.From(row.NullableInt64(2)), row.NullableText(3), UnixTime.From(row.NullableInt64(4))));
        }

        return new StoreCatalog(integrations, consumers);
    }

    public static Names ReadNames(Database database)
    {
        var integrations = new Dictionary<int, string>();
        var row = database["SELECT number, name FROM integrations"];
        while (row.Step())
        {
            integrations.Add(row.Int32(0), row.Text(1));
        }

        var consumers = new Dictionary<int, string>();
        row = database["SELECT number, name FROM consumers"];
        while (row.Step())
        {
            consumers.Add(row.Int32(0), row.Text(1));
        }

        return new Names(integrations, consumers);
    }
}
