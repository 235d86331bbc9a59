using System.Text;
using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

/// <summary>A tiny model of an engine that keeps its promises, with duplicates, retries, pauses, dead letters, replays and kills; writes its history.</summary>
internal sealed class ModelHistory
{
    public const string Ledger = "orders/ledger";
    public const string Audit = "orders/audit";
    public const string Erp = "orders/erp";
    public const string Flaky = "orders/flaky";

    public static readonly RetryRule Rule = new(3, TimeSpan.FromMilliseconds(20), 2, TimeSpan.FromMilliseconds(400), 0.2);

    private static readonly DeclaredConsumer[] Consumers =
    [
        new(Ledger, "orders", ConsumerType.Handler, true) { Retry = Rule },
        new(Audit, "orders", ConsumerType.Handler, false) { Retry = Rule },
        new(Erp, "orders", ConsumerType.Endpoint, true) { Retry = Rule },
        new(Flaky, "orders", ConsumerType.Endpoint, false) { Retry = Rule },
    ];

    private readonly Random _random;
    private readonly List<HistoryRecord> _lines = [.. Consumers];
    private readonly PriorityQueue<ModelDelivery, (DateTimeOffset, int)> _due = new();
    private readonly List<ModelDelivery> _deliveries = [];
    private readonly Dictionary<(string, string), Queue<ModelDelivery>> _keys = [];
    private readonly Dictionary<string, DateTimeOffset> _gates = [];
    private readonly Dictionary<string, long> _rows = [];
    private readonly HashSet<(string, string)> _booked = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private ModelHistory(int seed) => _random = new Random(seed);

    public static List<HistoryRecord> Generate(int seed, int messages, bool drained)
    {
        var model = new ModelHistory(seed);
        var sequences = new long[1 + (messages / 5)];
        for (var i = 0; i < messages; i++)
        {
            var subject = model._random.Next(sequences.Length);
            model.Send($"msg-{i}", $"evt_{i}", $"customer-{subject}", ++sequences[subject]);
        }

        var end = drained ? DateTimeOffset.MaxValue : model._now.AddMilliseconds(messages * 4);
        model.Run(end);
        if (drained)
        {
            model.ReplaySome();
            model.Run(end);
            model._lines.Add(new Drained(model._now));
        }

        model.Export();
        return model._lines;
    }

    private void Send(string message, string id, string subject, long sequence)
    {
        var stored = false;
        for (var tries = 0; tries < 4; tries++)
        {
            _now = _now.AddMilliseconds(_random.Next(1, 5));
            _lines.Add(new Sent(_now, message, subject, sequence) { Body = BodyOf(message) });
            var duplicate = stored;
            switch (_random.Next(10))
            {
                case 0 when !stored:
                    _lines.Add(new Refused(_now, message, 400));
                    return;
                case 1 when !stored:
                    _lines.Add(new Refused(_now, message, 503));
                    continue;
                case 2:
                    stored |= _random.Next(2) == 0;
                    _lines.Add(new OutcomeUnknown(_now, message));
                    break;
                case 3:
                    stored |= _random.Next(2) == 0;
                    tries = 4;
                    break;
                default:
                    stored = true;
                    _lines.Add(new Acked(_now, message, id, duplicate));
                    tries = _random.Next(10) == 0 ? tries : 4;
                    break;
            }

            if (stored && !duplicate)
            {
                Store(message, id, subject, sequence);
            }
        }
    }

    private static string BodyOf(string message) => BodyHash.Of(Encoding.UTF8.GetBytes(message));

    private void Store(string message, string id, string subject, long sequence)
    {
        _lines.Add(new StoredEvent(id, "orders", message));
        foreach (var consumer in Consumers)
        {
            Add(new ModelDelivery($"dlv_{_deliveries.Count}", id, consumer, message, subject, sequence));
        }
    }

    private void Add(ModelDelivery delivery)
    {
        _deliveries.Add(delivery);
        delivery.DueAt = _now;
        if (!delivery.Consumer.Ordered)
        {
            _due.Enqueue(delivery, (_now, _deliveries.Count));
            return;
        }

        var key = (delivery.Consumer.Name, delivery.Subject);
        if (!_keys.TryGetValue(key, out var queue))
        {
            _keys[key] = queue = [];
        }

        queue.Enqueue(delivery);
        if (queue.Count == 1)
        {
            _due.Enqueue(delivery, (_now, _deliveries.Count));
        }
    }

    private void Run(DateTimeOffset end)
    {
        while (_due.TryDequeue(out var delivery, out var at) && at.Item1 < end)
        {
            _now = at.Item1 > _now ? at.Item1 : _now;
            if (_gates.TryGetValue(delivery.Consumer.Name, out var gate) && gate > _now)
            {
                _due.Enqueue(delivery, (gate, at.Item2));
                continue;
            }

            var killed = _random.Next(12) == 0;
            var attempt = delivery.Consumer.Type == ConsumerType.Handler ? Handle(delivery, killed) : Deliver(delivery, killed);
            if (killed)
            {
                _lines.Add(new Killed(_now));
                _due.Enqueue(delivery, (_now.AddMilliseconds(300), at.Item2));
                continue;
            }

            delivery.Attempts.Add(attempt);
            if (delivery.State == DeliveryStanding.Outstanding)
            {
                delivery.DueAt = attempt.NextDueAt;
                _due.Enqueue(delivery, (attempt.NextDueAt!.Value, at.Item2));
            }
            else if (delivery.Consumer.Ordered && _keys[(delivery.Consumer.Name, delivery.Subject)] is var queue)
            {
                queue.Dequeue();
                if (queue.TryPeek(out var next))
                {
                    _due.Enqueue(next, (_now.AddMilliseconds(5), at.Item2));
                }
            }
        }
    }

    private StoredAttempt Handle(ModelDelivery delivery, bool killed)
    {
        var effect = (delivery.Consumer.Name, delivery.Message);
        var fails = !_booked.Contains(effect) && _random.Next(6) == 0;
        if (!fails && _booked.Add(effect))
        {
            var row = _rows[delivery.Consumer.Name] = _rows.GetValueOrDefault(delivery.Consumer.Name) + 1;
            _lines.Add(new Effect(delivery.Consumer.Name, row, delivery.Message, delivery.Subject, delivery.Sequence) { Body = BodyOf(delivery.Message) });
        }

        return End(delivery, fails ? 500 : 200, null, killed);
    }

    private StoredAttempt Deliver(ModelDelivery delivery, bool killed)
    {
        var at = _now.AddMilliseconds(1);
        var status = _random.Next(8) switch { 0 => 500, 1 => 429, 2 => 0, _ => 200 };
        DateTimeOffset? notBefore = status == 429 ? at.AddSeconds(1) : null;
        _lines.Add(new Received(
            at, delivery.Consumer.Name, delivery.Message, delivery.Subject, delivery.Sequence, delivery.Attempts.Count + 1, status, notBefore)
        {
            Body = BodyOf(delivery.Message),
        });
        if (notBefore is not null && !killed)
        {
            _gates[delivery.Consumer.Name] = notBefore.Value.AddMilliseconds(2);
        }

        return End(delivery, status, notBefore?.AddMilliseconds(2), killed);
    }

    private StoredAttempt End(ModelDelivery delivery, int status, DateTimeOffset? pause, bool killed)
    {
        var number = delivery.Attempts.Count + 1;
        var failures = delivery.Attempts.Count(earlier => !earlier.Throttled) + (status == 429 ? 0 : 1);
        var isLast = status == 200 || (status != 429 && failures == Rule.Attempts);
        if (!killed && isLast)
        {
            delivery.State = status == 200 ? DeliveryStanding.Succeeded : DeliveryStanding.Dead;
        }

        DateTimeOffset? next = isLast ? null : pause ?? _now.AddMilliseconds(10 << failures);
        var attempt = new StoredAttempt(
            delivery.Id, number, _now, TimeSpan.FromMilliseconds(3), status == 200, status == 0 ? null : status, status == 200 ? null : "It failed.", next)
        {
            Throttled = status == 429,
        };

        _now = _now.AddMilliseconds(4);
        return attempt;
    }

    private void ReplaySome()
    {
        foreach (var dead in _deliveries.Where(delivery => delivery.State == DeliveryStanding.Dead).ToList())
        {
            if (_random.Next(2) == 0)
            {
                dead.Replayed = true;
                Add(new ModelDelivery($"dlv_{_deliveries.Count}", dead.Event, dead.Consumer, dead.Message, dead.Subject, dead.Sequence) { Replay = true });
            }
        }
    }

    private void Export()
    {
        foreach (var delivery in _deliveries)
        {
            _lines.Add(delivery.ToRecord());
            _lines.AddRange(delivery.Attempts);
        }

        foreach (var group in _deliveries.GroupBy(delivery => delivery.Consumer.Name))
        {
            var outstanding = group.Where(delivery => delivery.State == DeliveryStanding.Outstanding).ToList();
            var delayed = outstanding.Count(delivery => delivery.IsDelayed);
            var dead = group.Count(delivery => delivery is { State: DeliveryStanding.Dead, Replayed: false });
            _lines.Add(new ReportedDepth(group.Key, outstanding.Count - delayed, delayed, dead));
        }
    }
}
