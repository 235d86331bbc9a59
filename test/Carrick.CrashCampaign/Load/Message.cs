using System.Text.Json;
using System.Text.Json.Serialization;

namespace Carrick.CrashCampaign.Load;

/// <summary>A message of the campaign, as its body has it.</summary>
internal sealed record Message(string Id, string Type, string Subject, long Sequence, string Filler)
{
    public byte[] ToBody() => JsonSerializer.SerializeToUtf8Bytes(this, MessageJson.Default.Message);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class MessageJson : JsonSerializerContext;

/// <summary>The engine's answer to a webhook.</summary>
internal sealed record Answer(string Id, bool Duplicate);
