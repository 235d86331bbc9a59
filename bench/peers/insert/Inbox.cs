using System.Text.Json;
using Npgsql;

namespace Carrick.Peers.Insert;

/// <summary>What is often written by hand: one INSERT per request, and the primary key says whether the message is known.</summary>
internal sealed class Inbox(NpgsqlDataSource database)
{
    private const string Table = "CREATE TABLE IF NOT EXISTS inbox (message_id text PRIMARY KEY, accepted_at double precision NOT NULL, body text NOT NULL)";
    private const string Keep = "INSERT INTO inbox (message_id, accepted_at, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

    // The work is done in the request, in the statement that keeps the message: exactly once, but with no retry, no backlog and no second consumer.
    private const string Do =
        """
        WITH kept AS (INSERT INTO inbox (message_id, accepted_at, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING message_id)
        INSERT INTO effects (id, ordering_key, age_ms) SELECT message_id, $4, $5 FROM kept
        """;

    public async Task CreateAsync()
    {
        await using var create = database.CreateCommand(Table);
        await create.ExecuteNonQueryAsync();
    }

    /// <returns>Whether the message was known.</returns>
    public async Task<bool> KeepAsync(PeerEvent received)
    {
        await using var command = Command(Keep, received);
        return await command.ExecuteNonQueryAsync() == 0;
    }

    /// <returns>Whether the message was known.</returns>
    public async Task<bool> DoAsync(PeerEvent received)
    {
        using var body = JsonDocument.Parse(received.Body);
        await using var command = Command(Do, received);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = body.RootElement.GetProperty("data").GetProperty("customer").GetString()! });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds - received.AcceptedAt });
        return await command.ExecuteNonQueryAsync() == 0;
    }

    private NpgsqlCommand Command(string sql, PeerEvent received)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = received.Id });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = received.AcceptedAt });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = received.Body });
        return command;
    }
}
