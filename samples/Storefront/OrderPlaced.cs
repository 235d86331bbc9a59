using System.Text.Json.Serialization;

namespace Storefront;

/// <summary>What the shop tells the warehouse; the shape that Standard Webhooks recommends.</summary>
internal sealed record OrderPlaced(DateTimeOffset Timestamp, OrderToPack Data)
{
    public string Type { get; init; } = "order.placed";
}

internal sealed record OrderToPack(string Order, long Total, string Currency);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OrderPlaced))]
internal sealed partial class ShopJson : JsonSerializerContext;
