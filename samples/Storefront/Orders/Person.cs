namespace Storefront.Orders;

/// <summary>A customer.</summary>
internal sealed class Person
{
    public required string Id { get; init; }

    public string? Name { get; set; }

    public string? Email { get; set; }
}
