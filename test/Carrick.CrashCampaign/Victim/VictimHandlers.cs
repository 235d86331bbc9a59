using System.Text.Json;
using Carrick.CrashCampaign.Load;
using Carrick.Handlers;
using Carrick.Testing.History;
using Microsoft.Data.Sqlite;

namespace Carrick.CrashCampaign.Victim;

/// <summary>The handlers: each books one row per message. They also fail by chance, before and after they have booked.</summary>
internal sealed class VictimHandlers(VictimSettings settings)
{
    private readonly ForgetfulLedger? _forgetful = settings.Sabotage == Sabotage.SkipLedger ? new ForgetfulLedger(settings.OwnPath) : null;

    public async Task CreateTablesAsync()
    {
        Directory.CreateDirectory(settings.Directory);
        foreach (var path in settings.EffectPaths)
        {
            await CreateTableAsync(path);
        }

        if (_forgetful is not null)
        {
            await _forgetful.PlantAsync();
        }
    }

    private static async Task CreateTableAsync(string path)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
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
                sequence INTEGER NOT NULL,
                body     TEXT NOT NULL
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

        var body = BodyHash.Of(context.Event.Body.Span);
        FormattableString effect =
            $"INSERT INTO effects (consumer, message, subject, sequence, body) VALUES ({context.Consumer}, {message.Id}, {message.Subject}, {message.Sequence}, {body})";
        if (settings.Sabotage == Sabotage.BookOutside)
        {
            await BookOutsideAsync(context.Consumer, effect, cancellationToken);
        }
        else
        {
            await context.Transaction.ExecuteAsync(effect, cancellationToken);
        }

        if (fails)
        {
            throw new InvalidOperationException("Failed after booking: the row must be rolled back.");
        }
    }

    private async Task BookOutsideAsync(string consumer, FormattableString effect, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = settings.PathOf(consumer) }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await transaction.ExecuteAsync(effect, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
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
