using Carrick.Handlers;
using Carrick.Simulation.Memory;
using Carrick.Testing.History;

namespace Carrick.Simulation.World;

/// <summary>The handlers: each books one effect per message. They fail by chance before and after, hang, publish, and refuse some messages for good.</summary>
internal sealed class Handlers(Simulation simulation, Life life)
{
    public async Task HandleAsync(EventContext context, CancellationToken cancellationToken)
    {
        var message = Message.Read(context.Event);
        var (chance, shares) = (life.Chance, simulation.IsCalm ? 0 : simulation.Scenario.HandlerFaults);
        await life.StepAsync("handler", $"{context.Consumer} handles {message.Id}, attempt {context.Attempt}", chance.Latency(300));
        var fault = chance.PerMille(shares) ? chance.Below(6) : -1;
        if (shares > 0 && message.IsHopelessFor(context.Consumer))
        {
            throw new PermanentFailureException("This message is never booked.");
        }

        switch (fault)
        {
            case 0:
                throw new InvalidOperationException("Failed before booking.");
            case 1:
                await HangAsync(context, cancellationToken);
                break;
        }

        var publishes = !message.IsPublished && chance.OneIn(5);
        if (publishes)
        {
            context.Publish("shop.booked", message.Reply().ToBody(), "text/plain");
        }

        ((MemoryConnection)context.Connection).Book(new EffectRow(
            context.Consumer, context.Event.MessageId, message.Subject, message.Sequence, BodyHash.Of(context.Event.Body.Span), publishes ? message.Reply().Id : null));
        switch (fault)
        {
            case 2:
                throw new InvalidOperationException("Failed after booking: the effect must be undone.");
            case 3:
                await life.StepAsync("handler", $"{context.Consumer} is slow with {message.Id}", TimeSpan.FromSeconds(chance.Between(1, 5)));
                break;
        }
    }

    private async Task HangAsync(EventContext context, CancellationToken cancellationToken)
    {
        try
        {
            await life.HangAsync(cancellationToken);
        }
        finally
        {
            if (life.Stopping.IsCancellationRequested)
            {
                simulation.Findings.Cancelled(life, context.DeliveryId, context.Attempt);
            }
        }
    }
}
