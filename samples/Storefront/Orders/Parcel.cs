namespace Storefront.Orders;

/// <summary>A parcel that the warehouse has packed.</summary>
internal sealed class Parcel
{
    public required string Order { get; init; }

    public required string PackedAt { get; init; }
}
