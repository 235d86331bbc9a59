using System.Collections.Concurrent;

namespace Carrick.CrashCampaign.Load;

/// <summary>
/// Several connections that send without a pause. A subject belongs to one connection, and its next message is sent only after the
/// one before is acknowledged, so that the order of a subject is known. About 10 % of the messages are sent again later, 3 % twice at once, 1 % are forged.
/// </summary>
internal sealed class LoadGenerator(Sender sender, int connections, int seed)
{
    private const int SubjectsPerConnection = 16;
    private const int KeptForLater = 500;

    private readonly ConcurrentQueue<Message> _again = new();
    private Task[] _workers = [];
    private volatile bool _stopping;

    public void Start() => _workers = [.. Enumerable.Range(0, connections).Select(worker => Task.Run(() => WorkAsync(worker)))];

    /// <summary>Ends after what is under way is acknowledged; the victim must be alive.</summary>
    /// <exception cref="TimeoutException">Not within a minute.</exception>
    public async Task StopAsync()
    {
        _stopping = true;
        await Task.WhenAll(_workers).WaitAsync(TimeSpan.FromMinutes(1));
    }

    private async Task WorkAsync(int worker)
    {
        var random = new Random(seed + worker);
        var sequences = new long[SubjectsPerConnection];
        for (var forged = 0; !_stopping;)
        {
            var index = random.Next(SubjectsPerConnection);
            var subject = $"customer-{worker}-{index}";
            var chance = random.Next(100);
            if (chance == 0)
            {
                await sender.SendAsync(new Message($"forged-{worker}-{++forged}", "payment.booked", subject, 0, ""), forged: true);
                continue;
            }

            var sequence = ++sequences[index];
            var message = new Message($"msg-{worker}-{index}-{sequence}", "payment.booked", subject, sequence, new string('x', random.Next(900)));
            if (chance < 4)
            {
                await Task.WhenAll(sender.SendAsync(message, forged: false), sender.SendAsync(message, forged: false));
            }

            await sender.SendUntilAckedAsync(message);
            await RepeatAsync(random, message);
        }
    }

    private async Task RepeatAsync(Random random, Message message)
    {
        if (random.Next(100) >= 10)
        {
            return;
        }

        _again.Enqueue(message);
        if (_again.Count > random.Next(KeptForLater) && _again.TryDequeue(out var earlier))
        {
            await sender.SendUntilAckedAsync(earlier);
        }
    }
}
