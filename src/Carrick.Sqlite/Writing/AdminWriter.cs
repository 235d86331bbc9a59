using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>API keys, configuration and the audit log.</summary>
internal sealed class AdminWriter(Database database)
{
    public bool Put(PutApiKeyCommand command)
    {
        var key = command.Key;
        Span<byte> id = stackalloc byte[16];
        key.Id.WriteBytes(id);
        return database[
            """
            INSERT INTO api_keys (id, name, prefix, hash, scopes, created_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, prefix = excluded.prefix, hash = excluded.hash,
                scopes = excluded.scopes, created_at = excluded.created_at, revoked_at = excluded.revoked_at
            """]
            .BindBlob(1, id).Bind(2, key.Name).Bind(3, key.Prefix).BindBlob(4, key.Hash.Span).Bind(5, string.Join(' ', key.Scopes))
            .Bind(6, UnixTime.Of(key.CreatedAt)).Bind(7, UnixTime.Of(key.RevokedAt)).Run() == 1;
    }

    public bool Revoke(RevokeApiKeyCommand command)
    {
        Span<byte> id = stackalloc byte[16];
        command.Id.WriteBytes(id);
        return database["UPDATE api_keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL"]
            .BindBlob(1, id).Bind(2, UnixTime.Of(command.At)).Run() == 1;
    }

    public bool Put(PutConfigurationCommand command) =>
        database["INSERT INTO configuration (id, document, at) VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET document = excluded.document, at = excluded.at"]
            .Bind(1, command.Document).Bind(2, UnixTime.Of(command.At)).Run() == 1;

    public bool Probe(ProbeCommand command) => database[command.Clear
        ? "DELETE FROM meta WHERE name = 'probe'"
        : "INSERT INTO meta (name, value) VALUES ('probe', zeroblob(65536)) ON CONFLICT DO UPDATE SET value = excluded.value"].Run() == 1;

    public void Write(AuditEntry entry) =>
        database["INSERT INTO audit (at, actor, action, target, reason) VALUES (?1, ?2, ?3, ?4, ?5)"]
            .Bind(1, UnixTime.Of(entry.At)).Bind(2, entry.Actor).Bind(3, entry.Action).Bind(4, entry.Target).Bind(5, entry.Reason).Run();
}
