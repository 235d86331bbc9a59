using Carrick;
using Carrick.Handlers;
using Carrick.Hosting;
using Storefront.Orders;

namespace Storefront.Handlers;

/// <summary>Stripe took the money: the order exists. With EF Core.</summary>
internal static class PlaceOrder
{
    public static async Task HandleAsync(StripeEvent<CheckoutSession> message, EventContext context, CancellationToken cancellationToken)
    {
        var session = message.Data.Object;
        if (session.Currency != "eur")
        {
            throw new PermanentFailureException($"The shop sells in eur, not in {session.Currency}.");
        }

        await using var shop = ShopContext.In(context);
        var order = new Order
        {
            Id = session.Id,
            Payment = session.PaymentIntent,
            Customer = session.Customer,
            Total = session.AmountTotal,
            PlacedAt = DateTimeOffset.FromUnixTimeSeconds(message.Created).UtcDateTime,
        };
        shop.Orders.Add(order);
        await shop.SaveChangesAsync(cancellationToken);

        var placed = new OrderPlaced(context.Event.ReceivedAt, new OrderToPack(order.Id, order.Total, session.Currency));
        context.Publish("order.placed", placed, ShopJson.Default.OrderPlaced, subject: order.Id);
    }
}
