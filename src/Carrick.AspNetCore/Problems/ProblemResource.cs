using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Carrick.Problems;

[Description("An error (RFC 9457).")]
internal sealed record ProblemResource
{
    [Description("A URI that names the kind of error; not an address.")]
    public required string Type { get; init; }

    [Description("The kind of error in words.")]
    public required string Title { get; init; }

    [Description("The HTTP status.")]
    public required int Status { get; init; }

    [Description("The kind of error for programs; never renamed.")]
    public required string Code { get; init; }

    [Description("What went wrong here.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }

    [Description("The same as the header Request-Id; stands in the log.")]
    public required string RequestId { get; init; }

    [Description("Every error of the request.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ErrorItem>? Errors { get; init; }
}

[Description("One error of a request: parameter or pointer says where.")]
internal sealed record ErrorItem
{
    [Description("The query parameter.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Parameter { get; init; }

    [Description("The member of the body, as a JSON pointer (RFC 6901).")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pointer { get; init; }

    [Description("The kind of error for programs.")]
    public required string Code { get; init; }

    [Description("What to do.")]
    public required string Detail { get; init; }
}
