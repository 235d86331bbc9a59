using System.Text.Json;
using System.Text.Json.Serialization;

namespace Carrick.Server.Cli.Api;

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(string))]
internal sealed partial class CliJson : JsonSerializerContext;
