namespace Storefront.Orders;

/// <summary>One refund, as Stripe told of it.</summary>
internal sealed class Refund
{
    /// <summary>The event of Stripe.</summary>
    public required string Id { get; init; }

    public required string Payment { get; init; }

    /// <summary>Cents refunded so far.</summary>
    public required long Amount { get; init; }
}
