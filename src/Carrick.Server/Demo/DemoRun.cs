using Carrick.Operations;

namespace Carrick.Server.Demo;

/// <summary>The demo from the first message to the account. The parts are made and disposed by the caller.</summary>
internal sealed class DemoRun(DemoServer server, CustomerEndpoint customer, Bookings bookings, DemoProgress progress, TimeProvider time)
{
    private const int MostReplays = 5;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Sends, fails, mends, replays, and gathers what each side says.</summary>
    public async Task<Evidence> RunAsync(DemoScenario scenario, DemoSecrets secrets, CancellationToken cancellationToken)
    {
        using var api = new DemoApi(server.Url, server.AdminKey, time);
        using var provider = new PaymentProvider(server.Url, secrets, progress, time);
        progress.Phase = "The provider sends";
        var replies = await provider.SendAsync(scenario, cancellationToken);

        progress.Phase = "Deliveries are tried again, or give up";
        await SettleAsync(cancellationToken);
        progress.Phase = "The customer's server is mended; dead letters are replayed";
        customer.Mend();
        var (dead, replayed) = await ReplayAsync(api, cancellationToken);

        progress.Phase = "The books are compared";
        var consumers = server.Operations.ListConsumers();
        return new Evidence
        {
            Replies = replies,
            Events = await api.ReadEventsAsync(cancellationToken),
            Skipped = await api.ReadSkippedAsync([DemoConsumers.Handler(DemoScenario.Payments), DemoConsumers.Handler(DemoScenario.Code)], cancellationToken),
            Bookings = await bookings.ReadAsync(cancellationToken),
            Balances = await bookings.ReadBalancesAsync(cancellationToken),
            Delivered = customer.Delivered,
            BadSignatures = customer.BadSignatures,
            Early = customer.Early,
            Dead = dead,
            Replayed = replayed,
            DeadLeft = await api.CountDeadLettersAsync(cancellationToken),
            Outstanding = consumers.Sum(Outstanding),
        };
    }

    /// <summary>Replays until no dead letter is left: on a busy machine a replay can time out like any attempt.</summary>
    private async Task<(long Dead, long Replayed)> ReplayAsync(DemoApi api, CancellationToken cancellationToken)
    {
        var dead = await api.CountDeadLettersAsync(cancellationToken);
        await api.EnableEndpointsAsync(cancellationToken);
        long replayed = 0;
        for (var round = 0; round < MostReplays; round++)
        {
            var replays = await api.ReplayDeadLettersAsync(cancellationToken);
            replayed += replays;
            progress.Add(DemoCount.Replayed, replays);
            await SettleAsync(cancellationToken);
            if (await api.CountDeadLettersAsync(cancellationToken) is var more && more == 0)
            {
                break;
            }

            dead += more;
        }

        return (dead, replayed);
    }

    /// <summary>Waits until nothing is outstanding but what waits for a disabled endpoint; goes on after a while, and the account tells.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Patience
            && server.Operations.ListConsumers().Any(consumer => consumer.Running > 0 || (consumer.State.DisabledAt is null && Outstanding(consumer) > 0)))
        {
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private static long Outstanding(ConsumerStatus consumer) => consumer.Depth.Ready + consumer.Depth.Delayed;
}
