using System.ComponentModel;
using System.Text.Json.Serialization;
using Carrick.Server.Config;

namespace Carrick.Server.Serve;

[Description("What came of a configuration.")]
internal sealed record AppliedResource(
    [property: Description("False for a dry run.")] bool Applied,
    int Integrations,
    int Endpoints,
    [property: Description("Retention or limits differ from those in force; they change at the next start.")] bool RestartNeeded);

[Description("The state of the server.")]
internal sealed record DiagnosticsResource(
    [property: Description("starting, running, degraded, stopping or stopped.")] string State,
    [property: Description("Why it does not run as it should.")] string? Problem,
    [property: Description("The name of the store.")] string Store,
    [property: Description("Consumers that nobody configures any more and that have outstanding deliveries.")]
    IReadOnlyList<UnknownConsumerResource> UnknownConsumers);

internal sealed record UnknownConsumerResource(int Number, string? Name, long Outstanding);

[Description("A configuration that is not valid (RFC 9457).")]
internal sealed record ConfigurationProblemResource(
    [property: Description("A URI that names the kind of error; not an address.")] string Type,
    string Title,
    int Status,
    [property: Description("The kind of error for programs; never renamed.")] string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail,
    [property: Description("The same as the header Request-Id; stands in the log.")] string RequestId,
    [property: Description("Every error of the file.")] IReadOnlyList<ConfigurationErrorResource> Errors);

[Description("One error of a configuration.")]
internal sealed record ConfigurationErrorResource(
    string File,
    [property: Description("From 1.")] long Line,
    [property: Description("From 1.")] long Column,
    [property: Description("The path of the key; empty for the whole file.")] string Key,
    string Detail,
    [property: Description("What to do.")] string Remedy,
    [property: Description("All of it in one line.")] string Text)
{
    public static ConfigurationErrorResource Of(ConfigError error) =>
        new(error.File, error.Line, error.Column, error.Key, error.Message, error.Remedy, error.ToString());
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(AppliedResource))]
[JsonSerializable(typeof(DiagnosticsResource))]
[JsonSerializable(typeof(ConfigurationProblemResource))]
internal sealed partial class ServeJson : JsonSerializerContext;
