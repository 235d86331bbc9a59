using System.Globalization;

namespace Carrick.Server.Demo;

/// <summary>
/// What is sent, made from a seed: 10 % duplicates, 3 % late, 2 % forged, 2 % stale. Each lane is sent in order, one message after another, and a
/// subject lives in one lane, so that what is late is known beforehand.
/// </summary>
internal sealed class DemoScenario
{
    public const string Payments = "payments";
    public const string Code = "code";

    private const int MostLanes = 64;
    private const int SubjectsPerLane = 4;
    private static readonly long Begin = new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    private DemoScenario(IReadOnlyList<IReadOnlyList<DemoMessage>> lanes) => Lanes = lanes;

    public IReadOnlyList<IReadOnlyList<DemoMessage>> Lanes { get; }

    /// <summary>Every request, twins included.</summary>
    public IEnumerable<DemoMessage> Messages =>
        Lanes.SelectMany(lane => lane).SelectMany(message => message.Twin is { } twin ? [message, twin] : new[] { message });

    /// <param name="events">How many requests, at least 100.</param>
    /// <param name="seed">The same seed makes the same messages.</param>
    public static DemoScenario Create(int events, int seed)
    {
        var chance = new SeededChance(seed);
        var (duplicates, late, wrongSecret, flipped, stale) = (events / 10, events * 3 / 100, events / 100, events / 100, events / 50);
        var kinds = Enumerable.Repeat(DemoKind.Late, late)
            .Concat(Enumerable.Repeat(DemoKind.WrongSecret, wrongSecret))
            .Concat(Enumerable.Repeat(DemoKind.FlippedBit, flipped))
            .Concat(Enumerable.Repeat(DemoKind.Stale, stale))
            .Concat(Enumerable.Repeat(DemoKind.InOrder, events - duplicates - late - wrongSecret - flipped - stale))
            .ToArray();
        chance.Shuffle(kinds);

        var lanes = Enumerable.Range(0, Math.Clamp(events / 30, 4, MostLanes)).Select(_ => new List<(double Position, DemoMessage Message)>()).ToArray();
        var newest = new Dictionary<(string, string), long>();
        List<DemoKind> waiting = [];
        var number = 0;
        foreach (var drawn in kinds)
        {
            var (lane, integration, subject) = Subject(chance, lanes.Length, drawn);
            var kind = drawn;
            if (kind == DemoKind.Late && !newest.ContainsKey((integration, subject)))
            {
                // Nothing of the subject has been sent yet: something later has to be the late one.
                waiting.Add(kind);
                kind = DemoKind.InOrder;
            }
            else if (kind == DemoKind.InOrder && waiting.Count > 0 && newest.ContainsKey((integration, subject)))
            {
                kind = waiting[^1];
                waiting.RemoveAt(waiting.Count - 1);
            }

            var message = Make(chance, seed, number++, kind, integration, subject, newest);
            lanes[lane].Add((lanes[lane].Count, message));
        }

        Duplicate(chance, lanes, duplicates);
        return new DemoScenario([.. lanes.Select(lane => lane.OrderBy(slot => slot.Position).Select(slot => slot.Message).ToArray())]);
    }

    private static (int Lane, string Integration, string Subject) Subject(SeededChance chance, int lanes, DemoKind kind)
    {
        var lane = chance.Below(lanes);
        var number = (lane * SubjectsPerLane) + chance.Below(SubjectsPerLane);

        // GitHub signs no time, so only Stripe has stale messages.
        return kind == DemoKind.Stale || chance.Below(10) < 7
            ? (lane, Payments, string.Create(CultureInfo.InvariantCulture, $"cus_Demo{number:D6}"))
            : (lane, Code, string.Create(CultureInfo.InvariantCulture, $"acme/service-{number:D3}"));
    }

    private static DemoMessage Make(
        SeededChance chance, int seed, int number, DemoKind kind, string integration, string subject, Dictionary<(string, string), long> newest)
    {
        var last = newest.GetValueOrDefault((integration, subject), Begin);
        var createdAt = kind == DemoKind.Late ? last - chance.Below(3_600) : last + 1 + chance.Below(900);
        if (kind is DemoKind.InOrder)
        {
            newest[(integration, subject)] = createdAt;
        }

        var payments = integration == Payments;
        return new DemoMessage
        {
            Kind = kind,
            Integration = integration,
            MessageId = payments
                ? string.Create(CultureInfo.InvariantCulture, $"evt_1Demo{(uint)seed:x8}{number:D8}")
                : string.Create(CultureInfo.InvariantCulture, $"{(uint)seed:x8}-0000-4000-8000-{number:D12}"),
            Type = payments ? chance.Below(20) switch { < 15 => "charge.succeeded", < 18 => "invoice.paid", _ => "charge.refunded" }
                : chance.Below(2) == 0 ? "issues.opened" : "issues.closed",
            Subject = subject,
            CreatedAt = createdAt,
            Amount = 100 + chance.Below(99_900),
        };
    }

    /// <summary>Half of the duplicates go out together with the first copy, half later.</summary>
    private static void Duplicate(SeededChance chance, List<(double Position, DemoMessage Message)>[] lanes, int duplicates)
    {
        var originals = lanes
            .SelectMany((lane, number) => Enumerable.Range(0, lane.Count).Select(index => (Lane: number, Index: index)))
            .Where(place => !lanes[place.Lane][place.Index].Message.Refused)
            .ToArray();
        chance.Shuffle(originals);
        for (var i = 0; i < duplicates; i++)
        {
            var (lane, index) = originals[i % originals.Length];
            var (position, original) = lanes[lane][index];
            var copy = original with { Kind = DemoKind.Duplicate, Twin = null };
            if (i % 2 == 0 && original.Twin is null)
            {
                lanes[lane][index] = (position, original with { Twin = copy });
            }
            else
            {
                lanes[lane].Add((position + 0.5 + (chance.Below(1_000) / 100.0), copy));
            }
        }
    }
}
