using System.Text.Json.Serialization;

namespace Storefront;

/// <summary>What the shop reads of an event of Stripe.</summary>
internal sealed record StripeEvent<T>(string Id, long Created, StripeData<T> Data);

internal sealed record StripeData<T>(T Object);

internal sealed record CheckoutSession(string Id, string PaymentIntent, long AmountTotal, string Currency, string? Customer = null);

internal sealed record Charge(string Id, string PaymentIntent, long AmountRefunded);

internal sealed record Customer(string Id, string? Name = null, string? Email = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StripeEvent<CheckoutSession>))]
[JsonSerializable(typeof(StripeEvent<Charge>))]
[JsonSerializable(typeof(StripeEvent<Customer>))]
internal sealed partial class StripeJson : JsonSerializerContext;
