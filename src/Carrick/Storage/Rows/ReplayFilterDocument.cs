using System.Text.Json;
using System.Text.Json.Serialization;
using Carrick.Retry;

namespace Carrick.Storage.Rows;

/// <summary>A dead-letter filter as JSON in a replay job's row.</summary>
internal sealed record ReplayFilterDocument(
    string? Integration, string? Consumer, string? Type, int? Category, DateTimeOffset? From, DateTimeOffset? To, IReadOnlyList<string>? Deliveries)
{
    public static string Write(DeadLetterFilter filter) => JsonSerializer.Serialize(
        new ReplayFilterDocument(
            filter.Integration, filter.Consumer, filter.Type, (int?)filter.Category, filter.From, filter.To,
            filter.Deliveries?.Select(id => id.ToString(IdPrefix.Delivery)).ToArray()),
        ReplayFilterContext.Default.ReplayFilterDocument);

    public static DeadLetterFilter Read(string json)
    {
        var document = JsonSerializer.Deserialize(json, ReplayFilterContext.Default.ReplayFilterDocument)!;
        return new DeadLetterFilter
        {
            Integration = document.Integration,
            Consumer = document.Consumer,
            Type = document.Type,
            Category = (FailureCategory?)document.Category,
            From = document.From,
            To = document.To,
            Deliveries = document.Deliveries?.Select(Parse).ToArray(),
        };
    }

    private static RecordId Parse(string text) => RecordId.TryParse(text, IdPrefix.Delivery, out var id) ? id : RecordId.None;
}

/// <summary>Generated serialisation.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReplayFilterDocument))]
internal sealed partial class ReplayFilterContext : JsonSerializerContext;
