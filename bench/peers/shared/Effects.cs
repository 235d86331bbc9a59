using System.Text.Json;
using Npgsql;

namespace Carrick.Peers;

/// <summary>The job of every .NET peer: one INSERT.</summary>
public static class Effects
{
    private const string Insert = "INSERT INTO effects (id, ordering_key, age_ms) VALUES ($1, $2, $3)";

    /// <summary>Books the event, or fails if the event says so.</summary>
    /// <param name="database">The database that has the table.</param>
    /// <param name="received">The event.</param>
    /// <param name="attempt">From 1.</param>
    /// <exception cref="InvalidOperationException">The event asks for the failure of this attempt.</exception>
    public static async Task BookAsync(NpgsqlDataSource database, PeerEvent received, int attempt)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(received);
        var age = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds - received.AcceptedAt;
        using var body = JsonDocument.Parse(received.Body);
        var data = body.RootElement.GetProperty("data");
        if (data.TryGetProperty("fails", out var fails) && attempt <= fails.GetInt32())
        {
            throw new InvalidOperationException("This event fails, as it says.");
        }

        await using var command = database.CreateCommand(Insert);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = received.Id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = data.GetProperty("customer").GetString()! });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = age });
        await command.ExecuteNonQueryAsync();
    }
}
