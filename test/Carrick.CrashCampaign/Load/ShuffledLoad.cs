using System.Globalization;

namespace Carrick.CrashCampaign.Load;

/// <summary>
/// Deliveries of a tenth as many messages: each message at least once and up to 20 times, all in no order, by several connections. A delivery is
/// repeated until it is acknowledged. Messages that share a subject have one number, because in no order there is none to keep.
/// </summary>
internal sealed class ShuffledLoad(Sender sender, int connections, int seed, int deliveries)
{
    private const int MostOfOne = 20;
    private const int Subjects = 256;
    private int _next = -1;

    public int Messages => Math.Max(1, deliveries / 10);

    public Task SendAsync()
    {
        var order = Shuffle();
        return Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref _next); i < order.Length; i = Interlocked.Increment(ref _next))
            {
                await sender.SendUntilAckedAsync(Make(order[i]));
                if ((i + 1) % 50_000 == 0)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{i + 1,10:N0} deliveries"));
                }
            }
        })));
    }

    private int[] Shuffle()
    {
        var random = new Random(seed);
        var left = new int[Messages];
        var order = new int[deliveries];
        for (var i = 0; i < deliveries; i++)
        {
            // Each once, and then whichever has not had its most.
            var message = i < Messages ? i : random.Next(Messages);
            while (left[message] >= MostOfOne)
            {
                message = (message + 1) % Messages;
            }

            left[message]++;
            order[i] = message;
        }

        random.Shuffle(order);
        return order;
    }

    // The same bytes each time: what differs is a conflict, which is another matter.
    private static Message Make(int number) => new($"msg-{number}", "payment.booked", $"customer-{number % Subjects}", 0, new string('x', number % 900));
}
