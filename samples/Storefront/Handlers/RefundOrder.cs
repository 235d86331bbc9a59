using Carrick.Handlers;
using Dapper;

namespace Storefront.Handlers;

/// <summary>Stripe gave money back. With Dapper.</summary>
internal static class RefundOrder
{
    public static async Task HandleAsync(StripeEvent<Charge> message, EventContext context, CancellationToken cancellationToken)
    {
        var charge = message.Data.Object;
        var values = new { message.Id, Payment = charge.PaymentIntent, Amount = charge.AmountRefunded };
        await context.Connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO refunds (Id, Payment, Amount) VALUES (@Id, @Payment, @Amount)", values, context.Transaction, cancellationToken: cancellationToken));

        var orders = await context.Connection.ExecuteAsync(new CommandDefinition(
            "UPDATE orders SET Refunded = @Amount WHERE Payment = @Payment", values, context.Transaction, cancellationToken: cancellationToken));
        if (orders == 0)
        {
            // Stripe keeps no order between types of events. The row above is undone, and the refund is tried again.
            throw new InvalidOperationException("The order of this payment has not come yet.");
        }
    }
}
