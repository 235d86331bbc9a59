using Carrick.Hosting;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Carrick.Retry;
using Carrick.Storage;

namespace Carrick.Rest;

/// <summary>Checks the members of bodies and collects every error. Used for one request.</summary>
internal sealed class BodyRules
{
    private const int LongestText = 255;
    private const int LongestReason = 500;
    private const int MostDeliveries = 1_000;

    public List<ErrorItem> Errors { get; } = [];

    public string Required(string pointer, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            Add(pointer, "required", "It is required.");
            return string.Empty;
        }

        return Text(pointer, value) ?? string.Empty;
    }

    public string? Text(string pointer, string? value, int longest = LongestText)
    {
        if (value is null)
        {
            return null;
        }

        if (value.Length == 0 || value.Length > longest || value.Any(char.IsControl))
        {
            Add(pointer, "invalid_value", $"Use 1 to {longest} characters without control characters.");
        }

        return value;
    }

    public string? Reason(string? value) => Text("#/reason", value, LongestReason);

    public string Integration(string pointer, string? value, Topology topology)
    {
        var name = Required(pointer, value);
        if (name.Length > 0 && topology.Find(name) is null)
        {
            Add(pointer, "unknown_integration", "There is no such integration.");
        }

        return name;
    }

    public int? Rate(int? value)
    {
        if (value is < 1 or > 10_000)
        {
            Add("#/ratePerSecond", "out_of_range", "Use 1 to 10000.");
        }

        return value;
    }

    public DeadLetterFilter Filter(DeadLetterFilterResource? filter) => filter is null ? new DeadLetterFilter() : new DeadLetterFilter
    {
        Integration = Text("#/filter/integration", filter.Integration),
        Consumer = Text("#/filter/consumer", filter.Consumer),
        Type = Text("#/filter/type", filter.Type),
        Category = Category(filter.Category),
        From = Time("#/filter/from", filter.From),
        To = Time("#/filter/to", filter.To),
        Deliveries = Deliveries(filter.Deliveries),
    };

    public void Add(string pointer, string code, string detail) => Errors.Add(new ErrorItem { Pointer = pointer, Code = code, Detail = detail });

    private FailureCategory? Category(string? value)
    {
        if (value is null)
        {
            return null;
        }

        if (ApiWords.TryParse<FailureCategory>(value, out var category) && category != FailureCategory.None)
        {
            return category;
        }

        Add("#/filter/category", "invalid_value", "Use " + string.Join(", ", ApiWords.All<FailureCategory>().Skip(1)) + ".");
        return null;
    }

    private DateTimeOffset? Time(string pointer, string? value)
    {
        if (value is null)
        {
            return null;
        }

        if (ApiTime.TryParse(value, out var time))
        {
            return time;
        }

        Add(pointer, "invalid_time", "Use a time such as 2026-01-31T12:00:00Z.");
        return null;
    }

    private List<RecordId>? Deliveries(IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return null;
        }

        if (values.Count is 0 or > MostDeliveries)
        {
            Add("#/filter/deliveries", "out_of_range", $"Use 1 to {MostDeliveries} ids.");
            return null;
        }

        var ids = new List<RecordId>(values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            if (RecordId.TryParse(values[i], IdPrefix.Delivery, out var id))
            {
                ids.Add(id);
            }
            else
            {
                Add($"#/filter/deliveries/{i}", "invalid_id", $"Use an id that starts with '{IdPrefix.Delivery}_'.");
            }
        }

        return ids;
    }
}
