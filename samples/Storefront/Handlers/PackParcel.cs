using System.Globalization;
using Carrick.Handlers;

namespace Storefront.Handlers;

/// <summary>The warehouse's side: a parcel per order. With plain SQL: every value of the text becomes a parameter.</summary>
internal static class PackParcel
{
    public static async Task HandleAsync(OrderPlaced message, EventContext context, CancellationToken cancellationToken)
    {
        var packedAt = context.Event.ReceivedAt.ToString("u", CultureInfo.InvariantCulture);
        await context.Transaction.ExecuteAsync(
            $"INSERT INTO parcels (\"Order\", PackedAt) VALUES ({message.Data.Order}, {packedAt})", cancellationToken);
    }
}
