using System.Buffers.Binary;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Reads API keys and the audit log.</summary>
internal static class AdminRows
{
    public const string KeyColumns = "id, name, prefix, hash, scopes, created_at, revoked_at";

    public const string AuditColumns = "number, at, actor, action, target, reason";

    public static ApiKeyRecord ReadKey(NpgsqlDataReader row)
    {
        // A uuid keeps the 16 bytes of an id in network order.
        Span<byte> id = stackalloc byte[16];
        row.GetGuid(0).TryWriteBytes(id, bigEndian: true, out _);
        return new ApiKeyRecord(
            new RecordId(BinaryPrimitives.ReadUInt64BigEndian(id), BinaryPrimitives.ReadUInt64BigEndian(id[8..])),
            row.Text(1),
            row.Text(2),
            row.Blob(3),
            row.Text(4).Split(' ', StringSplitOptions.RemoveEmptyEntries),
            UnixTime.From(row.GetInt64(5)),
            UnixTime.From(row.NullableInt64(6)));
    }

    public static AuditLine ReadAudit(NpgsqlDataReader row) => new(
        row.GetInt64(0), new AuditEntry(UnixTime.From(row.GetInt64(1)), row.Text(2), row.Text(3), row.Text(4), row.NullableText(5)));
}
