using System.Diagnostics.Metrics;
using Carrick.Diagnostics;
using Carrick.Integrations;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Dispatch;

/// <summary>The processing signals, per consumer.</summary>
internal sealed class DispatchMetrics
{
    private readonly GuardedCounter _outcomes;
    private readonly GuardedCounter _lost;
    private readonly GuardedHistogram<double> _duration;
    private readonly GuardedHistogram<double> _age;

    public DispatchMetrics(IMeterFactory meters, ILogger<DispatchMetrics>? logger = null)
    {
        var guard = new ListenerGuard(logger);
        var meter = meters.Create(MeterNames.Carrick);
        _outcomes = new(meter.CreateCounter<long>("carrick.processing.outcomes", "{attempt}", "Attempts by what followed: ok, skipped, retry, dead."), guard);
        _lost = new(meter.CreateCounter<long>("carrick.processing.lost", "{attempt}", "Attempts whose delivery somebody else had finished."), guard);
        _duration = new(meter.CreateHistogram<double>("carrick.processing.duration", "s", "Duration of one attempt.", advice: Buckets.Local), guard);
        _age = new(meter.CreateHistogram<double>("carrick.event.age", "s", "From receipt to the end of the delivery.", advice: Buckets.Age), guard);
    }

    public void Lost(ConsumerDefinition consumer) => _lost.Add(1, new KeyValuePair<string, object?>("consumer", consumer.Name));

    public void Ended(ConsumerDefinition consumer, WorkCommand command, WorkItem item)
    {
        var outcome = command switch
        {
            RetryCommand => "retry",
            DeadLetterCommand => "dead",
            CompleteCommand { Outcome: DeliveryOutcome.Skipped } => "skipped",
            _ => "ok",
        };
        var name = new KeyValuePair<string, object?>("consumer", consumer.Name);
        _outcomes.Add(1, name, new("integration", consumer.Integration), new("outcome", outcome));
        if (command.Attempt is { } attempt)
        {
            _duration.Record(attempt.Duration.TotalSeconds, name);
        }

        if (command is not RetryCommand && item.Event is { } record)
        {
            _age.Record(Math.Max(0, (command.At - record.ReceivedAt).TotalSeconds), name);
        }
    }
}
