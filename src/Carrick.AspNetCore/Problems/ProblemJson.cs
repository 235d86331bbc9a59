using System.Text.Json;
using System.Text.Json.Serialization;

namespace Carrick.Problems;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ProblemResource))]
internal sealed partial class ProblemJson : JsonSerializerContext;
