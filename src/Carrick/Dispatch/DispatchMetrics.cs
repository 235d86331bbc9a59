using System.Diagnostics.Metrics;
using Carrick.Integrations;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Dispatch;

/// <summary>The processing signals, per consumer.</summary>
internal sealed class DispatchMetrics
{
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _lost;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _age;

    public DispatchMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Diagnostics.MeterNames.Carrick);
        _outcomes = meter.CreateCounter<long>("carrick.processing.outcomes", "{attempt}", "Attempts by what followed: ok, skipped, retry, dead.");
        _lost = meter.CreateCounter<long>("carrick.processing.lost", "{attempt}", "Attempts whose delivery somebody else had finished.");
        _duration = meter.CreateHistogram<double>("carrick.processing.duration", "s", "Duration of one attempt.", advice: Diagnostics.Buckets.Local);
        _age = meter.CreateHistogram<double>("carrick.event.age", "s", "From receipt to the end of the delivery.", advice: Diagnostics.Buckets.Age);
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
