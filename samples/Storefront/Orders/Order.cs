namespace Storefront.Orders;

/// <summary>An order that has been paid.</summary>
internal sealed class Order
{
    /// <summary>The checkout session of Stripe.</summary>
    public required string Id { get; init; }

    /// <summary>The payment intent of Stripe.</summary>
    public required string Payment { get; init; }

    public string? Customer { get; init; }

    /// <summary>Cents.</summary>
    public required long Total { get; init; }

    /// <summary>Cents.</summary>
    public long Refunded { get; set; }

    public required DateTime PlacedAt { get; init; }
}
