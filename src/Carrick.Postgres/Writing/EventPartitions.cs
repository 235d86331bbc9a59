using System.Globalization;
using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>The partitions of <c>events</c>, one for each UTC day of the ids. Used by whoever holds the writer; not thread-safe.</summary>
internal sealed class EventPartitions(SchemaName schema)
{
    private const string Prefix = "events_";
    private const long KeysOfDay = 86_400_000L << 12;
    private readonly HashSet<DateOnly> _known = [];

    /// <summary>The days of new events for which no partition is known to exist.</summary>
    public List<DateOnly> Missing(IReadOnlyList<StoreCommand> commands)
    {
        List<DateOnly> missing = [];
        foreach (var command in commands)
        {
            if (command is IngestCommand { Events: [.., var last] } ingest)
            {
                Add(DayOf(ingest.Events[0].Id));
                Add(DayOf(last.Id));
            }
        }

        return missing;

        void Add(DateOnly day)
        {
            if (!_known.Contains(day) && !missing.Contains(day))
            {
                missing.Add(day);
            }
        }
    }

    /// <summary>Makes a day's partition if it is missing, in the open transaction. <see cref="Created"/> follows when that is committed.</summary>
    public void Create(WriteTransaction transaction, DateOnly day)
    {
        var name = NameOf(day);
        if (transaction.Scalar("SELECT 1 WHERE to_regclass($1) IS NULL", P.Text($"{schema.Name}.{name}")) is null)
        {
            return;
        }

        // Made aside and attached: that does not keep others from reading the table meanwhile.
        transaction.Run($"CREATE TABLE ~{name} (LIKE ~events INCLUDING ALL)");
        transaction.Run(string.Create(
            CultureInfo.InvariantCulture, $"ALTER TABLE ~events ATTACH PARTITION ~{name} FOR VALUES FROM ({Start(day)}) TO ({Start(day.AddDays(1))})"));
    }

    public void Created(IEnumerable<DateOnly> days) => _known.UnionWith(days);

    /// <summary>A commit failed, perhaps because somebody else took a day away: what is there is asked for again.</summary>
    public void Forget() => _known.Clear();

    /// <summary>The days that end before a time, oldest first.</summary>
    public static List<DateOnly> Older(WriteTransaction transaction, DateTimeOffset before)
    {
        var names = transaction.List(
            "SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1) AND NOT i.inhdetachpending ORDER BY 1",
            row => row.GetString(0),
            P.Text(transaction.Sql("~events")));
        var first = DateOnly.FromDateTime(before.UtcDateTime);
        return [.. names.Select(DayOf).OfType<DateOnly>().Where(day => day < first)];
    }

    /// <summary>
    /// Closes a day if nothing that is outstanding or dead needs its events: nothing of it is replayed any more, so that it can be dropped outside of this
    /// transaction. Deliveries of the day's first attempt have ids of the day, or of the hour after it; those of replays are found by their link.
    /// </summary>
    /// <returns>Whether it is closed.</returns>
    public static bool TryClose(WriteTransaction transaction, DateOnly day, int[] consumers)
    {
        var (from, to) = (Start(day), Start(day.AddDays(1)));
        var held = transaction.Scalar(
            """
            SELECT 1 WHERE
                EXISTS (SELECT 1 FROM ~work WHERE consumer = ANY ($4) AND id >= $1 AND id < $3 AND event >= $1 AND event < $2)
                OR EXISTS (SELECT 1 FROM ~dead_letters WHERE delivery >= $1 AND delivery < $3 AND event >= $1 AND event < $2 AND replayed_by IS NULL)
                OR EXISTS (SELECT 1 FROM ~replayed_events AS r JOIN ~work AS w ON w.consumer = ANY ($4) AND w.id = r.delivery WHERE r.event >= $1 AND r.event < $2)
                OR EXISTS (SELECT 1 FROM ~replayed_events AS r JOIN ~dead_letters AS d ON d.delivery = r.delivery
                    WHERE r.event >= $1 AND r.event < $2 AND d.replayed_by IS NULL)
            """,
            P.Int64(from), P.Int64(to), P.Int64(to + (3_600_000L << 12)), P.Int32s(consumers));
        if (held is not null)
        {
            return false;
        }

        transaction.Run("INSERT INTO ~meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", P.Text(MarkOf(day)), P.Int64(from));
        return true;
    }

    /// <summary>The day that begins with a key.</summary>
    public static DateOnly DayOf(long start) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(start >> 12).UtcDateTime);

    public static string NameOf(DateOnly day) => Prefix + day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    /// <summary>The name in <c>meta</c> that marks a day as closed: with its number since 1970.</summary>
    public static string MarkOf(DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"closed day {Start(day) / KeysOfDay}");

    public static long Start(DateOnly day) => UnixTime.Key(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero));

    private static DateOnly DayOf(RecordId id) => DateOnly.FromDateTime(id.CreatedAt.UtcDateTime);

    private static DateOnly? DayOf(string name) =>
        DateOnly.TryParseExact(name.AsSpan(Math.Min(name.Length, Prefix.Length)), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
