using Carrick.Postgres.Raw;
using Carrick.Postgres.Writing;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Postgres;

/// <summary>Gives names their numbers.</summary>
internal static class Catalog
{
    // A number is never given twice: rows of these tables are never deleted. Only new names are inserted, so that no number is spent on a known one.
    private const string Insert =
        """
        INSERT INTO ~{0} (name) SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS n (name, position)
        WHERE NOT EXISTS (SELECT 1 FROM ~{0} AS known WHERE known.name = n.name) ORDER BY position ON CONFLICT (name) DO NOTHING
        """;

    public static StoreCatalog Register(
        WriteTransaction transaction, ChangeWriter changes, IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers)
    {
        changes.Begin();
        var added = transaction.Run(Insert.Replace("{0}", "integrations", StringComparison.Ordinal), P.Texts([.. integrations]))
            + transaction.Run(Insert.Replace("{0}", "consumers", StringComparison.Ordinal), P.Texts([.. consumers]));
        if (added > 0)
        {
            changes.OfAll(ChangeKind.Names);
            transaction.Run([.. changes.Statements()]);
        }

        var states = transaction.List(
            "SELECT number, name, disabled_at, disabled_reason, gate_until FROM ~consumers",
            row => (Name: row.GetString(1), State: new ConsumerState(
                row.GetInt32(0),
                UnixTime.From(row.IsDBNull(2) ? null : row.GetInt64(2)),
                StoredText.Read(row.IsDBNull(3) ? null : row.GetString(3)),
                UnixTime.From(row.IsDBNull(4) ? null : row.GetInt64(4)))));
        return new StoreCatalog(
            ReadNumbers(transaction, "SELECT number, name FROM ~integrations"),
            states.ToDictionary(it => it.Name, it => it.State, StringComparer.Ordinal));
    }

    public static Names ReadNames(WriteTransaction transaction) => new(
        ReadNumbers(transaction, "SELECT number, name FROM ~integrations").ToDictionary(it => it.Value, it => it.Key),
        ReadNumbers(transaction, "SELECT number, name FROM ~consumers").ToDictionary(it => it.Value, it => it.Key));

    private static Dictionary<string, int> ReadNumbers(WriteTransaction transaction, string sql) =>
        transaction.List(sql, row => (Number: row.GetInt32(0), Name: row.GetString(1))).ToDictionary(it => it.Name, it => it.Number, StringComparer.Ordinal);
}
