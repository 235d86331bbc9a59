using System.Text.Json;
using Carrick.CrashCampaign.Load;
using Carrick.Handlers;
using Microsoft.Data.Sqlite;

namespace Carrick.CrashCampaign.Victim;

/// <summary>The handlers: each books one row per message. They also fail by chance, before and after they have booked.</summary>
internal sealed class VictimHandlers(VictimSettings settings)
{
    public async Task CreateTableAsync()
    {
        Directory.CreateDirectory(settings.Directory);
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = settings.EffectsPath, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS effects (
                row      INTEGER PRIMARY KEY AUTOINCREMENT,
                consumer TEXT NOT NULL,
                message  TEXT NOT NULL,
                subject  TEXT NOT NULL,
                sequence INTEGER NOT NULL
            );
            """;
        await command.ExecuteNonQueryAsync();
    }

    public Task BookInLedgerAsync(EventContext context, CancellationToken cancellationToken) => BookAsync(context, 3, 0, cancellationToken);

    public Task BookInAuditAsync(EventContext context, CancellationToken cancellationToken) => BookAsync(context, 5, 4, cancellationToken);

    private async Task BookAsync(EventContext context, int failPercent, int permanentPerMille, CancellationToken cancellationToken)
    {
        VictimReport.Dispatch();
        var message = JsonSerializer.Deserialize(context.Event.Body.Span, MessageJson.Default.Message)!;
        var chance = new Random(HashCode.Of(settings.Seed, context.Consumer, message.Id, context.Attempt));
        if (HashCode.Of(settings.Seed, context.Consumer, message.Id, 0) % 1000 < permanentPerMille)
        {
            throw new PermanentFailureException("This message is never booked.");
        }

        var fails = chance.Next(100) < failPercent;
        if (fails && chance.Next(2) == 0)
        {
            throw new InvalidOperationException("Failed before booking.");
        }

        await context.Transaction.ExecuteAsync(
            $"INSERT INTO effects (consumer, message, subject, sequence) VALUES ({context.Consumer}, {message.Id}, {message.Subject}, {message.Sequence})",
            cancellationToken);
        if (fails)
        {
            throw new InvalidOperationException("Failed after booking: the row must be rolled back.");
        }
    }

    /// <summary>A hash that is the same in every process.</summary>
    private static class HashCode
    {
        public static int Of(int seed, string consumer, string message, int attempt)
        {
            var hash = 2166136261u;
            foreach (var c in $"{seed} {consumer} {message} {attempt}")
            {
                hash = (hash ^ c) * 16777619;
            }

            return (int)(hash & int.MaxValue);
        }
    }
}
