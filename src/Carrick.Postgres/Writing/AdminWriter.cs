using System.Buffers.Binary;
using System.Security.Cryptography;
using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Carrick.Postgres.Writing;

/// <summary>API keys, configuration and the audit log.</summary>
internal static class AdminWriter
{
    private const int ProbeSize = 65_536;

    public static bool Put(WriteTransaction transaction, PutApiKeyCommand command)
    {
        var key = command.Key;
        return transaction.Run(
            """
            INSERT INTO ~api_keys (id, name, prefix, hash, scopes, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, prefix = excluded.prefix, hash = excluded.hash,
                scopes = excluded.scopes, created_at = excluded.created_at, revoked_at = excluded.revoked_at
            """,
            Uuid(key.Id), P.Text(key.Name), P.Text(key.Prefix), P.Bytes(key.Hash), P.Text(string.Join(' ', key.Scopes)), P.Int64(UnixTime.Of(key.CreatedAt)),
            P.Int64(UnixTime.Of(key.RevokedAt))) == 1;
    }

    public static bool Revoke(WriteTransaction transaction, RevokeApiKeyCommand command) => command.Applied = transaction.Run(
        "UPDATE ~api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", Uuid(command.Id), P.Int64(UnixTime.Of(command.At))) == 1;

    public static bool Put(WriteTransaction transaction, PutConfigurationCommand command) => transaction.Run(
        "INSERT INTO ~configuration (id, document, at) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET document = excluded.document, at = excluded.at",
        P.Text(command.Document), P.Int64(UnixTime.Of(command.At))) == 1;

    public static bool Probe(WriteTransaction transaction, ProbeCommand command) => (command.Clear
        ? transaction.Run("DELETE FROM ~probe")
        : transaction.Run(
            "INSERT INTO ~probe (id, filler) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET filler = excluded.filler",
            P.Bytes(RandomNumberGenerator.GetBytes(ProbeSize)))) == 1;

    public static WriteStatement Audit(AuditEntry entry) => new(
        "INSERT INTO ~audit (at, actor, action, target, reason) VALUES ($1, $2, $3, $4, $5)",
        [P.Int64(UnixTime.Of(entry.At)), P.Text(entry.Actor), P.Text(entry.Action), P.Text(entry.Target), P.Text(entry.Reason)],
        null);

    public static NpgsqlParameter Uuid(RecordId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], id.Low);
        return new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Uuid, Value = new Guid(bytes, bigEndian: true) };
    }
}
