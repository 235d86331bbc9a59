using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("A page of a list.")]
internal sealed record Page<T>(
    IReadOnlyList<T> Data,
    [property: Description("Where the next page begins; null at the end. Opaque.")] string? NextCursor);
