using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Carrick.Rest.Contract;

[Description("A page of a list.")]
internal sealed record Page<T>(
    IReadOnlyList<T> Data,
    [property: Description("Where the next page begins; null at the end. Opaque.")] string? NextCursor)
{
    [Description("Only where a search has looked for as long as a request may: back to this time it has looked at everything, and nextCursor goes on from there. A page may then be short or empty.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? SearchedTo { get; init; }
}
