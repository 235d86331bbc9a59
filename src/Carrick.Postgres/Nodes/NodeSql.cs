using System.Globalization;
using Carrick.Postgres.Raw;
using Carrick.Shards;
using Npgsql;

namespace Carrick.Postgres.Nodes;

/// <summary>The statements about nodes and their leases. Times are the server's, so that the clocks of the nodes do not matter.</summary>
internal static class NodeSql
{
    /// <summary>True for a node that is dead as far as the server can tell: its lease has ended, or its session has.</summary>
    public const string IsDead =
        """
        (n.expires_at <= clock_timestamp() OR (n.backend IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.pid = n.backend AND a.backend_start = n.backend_started)))
        """;

    /// <summary>Columns of a node, for <see cref="Read"/>.</summary>
    public const string Columns =
        """
        n.id, n.name, extract(epoch FROM clock_timestamp() - n.started_at)::float8, extract(epoch FROM n.expires_at - clock_timestamp())::float8,
        n.backend IS NULL OR EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.pid = n.backend AND a.backend_start = n.backend_started),
        coalesce((SELECT bit_or(1::bigint << l.shard) FROM ~leases AS l WHERE l.node = n.id), 0)
        """;

    /// <summary>What a session of a node is called, so that it can be ended when the node is taken for dead.</summary>
    public static string SessionName(long lockKey, long node) => SessionPattern(lockKey).Replace("#", node.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>The same with <c>#</c> for the number of the node.</summary>
    public static string SessionPattern(long lockKey) => string.Create(CultureInfo.InvariantCulture, $"carrick node # ({lockKey:x})");

    public static string Channel(SchemaName schema) => "carrick_" + schema.Name;

    /// <summary>Tells the nodes to look: at the work (<c>w</c>) or at the nodes (<c>n</c>). The number keeps a node from listening to itself.</summary>
    public static (string Sql, NpgsqlParameter[] Parameters) Notify(SchemaName schema, char what, long node) =>
        ("SELECT pg_notify($1, $2)", [P.Text(Channel(schema)), P.Text(string.Create(CultureInfo.InvariantCulture, $"{what}{node}"))]);

    public static NodeView Read(NpgsqlDataReader row, Func<long, bool, bool> isGone)
    {
        var (id, hasSession) = (row.GetInt64(0), row.GetBoolean(4));
        var remaining = TimeSpan.FromSeconds(row.GetDouble(3));
        return new NodeView(
            id,
            row.GetString(1),
            TimeSpan.FromSeconds(row.GetDouble(2)),
            (ulong)row.GetInt64(5),
            remaining,
            hasSession,
            remaining <= TimeSpan.Zero || isGone(id, hasSession));
    }
}
