namespace Carrick.Rest;

/// <summary>The query parameters of a route, as metadata of its endpoint.</summary>
/// <param name="Items">The parameters; no others are accepted.</param>
internal sealed record QueryParameters(IReadOnlyList<QueryParameter> Items);
