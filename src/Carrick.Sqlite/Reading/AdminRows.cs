using System.Buffers.Binary;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads API keys, the audit log and the configuration.</summary>
internal static class AdminRows
{
    public static IReadOnlyList<ApiKeyRecord> ReadApiKeys(Database database)
    {
        var keys = new List<ApiKeyRecord>();
        var row = database["SELECT id, name, prefix, hash, scopes, created_at, revoked_at FROM api_keys ORDER BY id"];
        while (row.Step())
        {
            var id = row.Blob(0);
            keys.Add(new ApiKeyRecord(
                new RecordId(BinaryPrimitives.ReadUInt64BigEndian(id), BinaryPrimitives.ReadUInt64BigEndian(id[8..])),
                row.Text(1),
                row.Text(2),
                row.Blob(3).ToArray(),
                row.Text(4).Split(' ', StringSplitOptions.RemoveEmptyEntries),
                UnixTime.From(row.Int64(5)),
                UnixTime.From(row.NullableInt64(6))));
        }

        return keys;
    }

    public static IReadOnlyList<AuditLine> ReadAudit(Database database, long? before, int limit)
    {
        var lines = new List<AuditLine>();
        var row = database["SELECT number, at, actor, action, target, reason FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2"]
            .Bind(1, before ?? long.MaxValue).Bind(2, limit);
        while (row.Step())
        {
            lines.Add(new AuditLine(
                row.Int64(0), new AuditEntry(UnixTime.From(row.Int64(1)), row.Text(2), row.Text(3), row.Text(4), row.NullableText(5))));
        }

        return lines;
    }

    public static string? ReadConfiguration(Database database)
    {
        var row = database["SELECT document FROM configuration WHERE id = 1"];
        var document = row.Step() ? row.Text(0) : null;
        row.Reset();
        return document;
    }
}
