using System.Text.Json.Serialization;

namespace Carrick.CrashCampaign.Victim;

/// <summary>A consumer's depth as the engine reports it.</summary>
internal sealed record VictimDepth(string Consumer, long Ready, long Delayed, long Dead, int Running);

[JsonSerializable(typeof(VictimDepth[]))]
internal sealed partial class VictimJson : JsonSerializerContext;
