using System.Text.Json;
using Carrick.CrashCampaign.Databases;
using Carrick.CrashCampaign.Load;
using Carrick.Handlers;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Victim;

/// <summary>The handlers: each books one row per message. They also fail by chance, before and after they have booked.</summary>
internal sealed class VictimHandlers(VictimSettings settings, VictimDatabases databases)
{
    private readonly ForgetfulLedger? _forgetful = settings.Sabotage == Sabotage.SkipLedger ? new ForgetfulLedger(settings.OwnPath) : null;

    public async Task CreateTablesAsync()
    {
        await databases.CreateTablesAsync();
        if (_forgetful is not null)
        {
            await _forgetful.PlantAsync();
        }
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
        await using var connection = databases.OpenEffects(databases.PlaceOf(consumer));
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
