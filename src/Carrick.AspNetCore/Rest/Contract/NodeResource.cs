using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("A process that shares the store.")]
internal sealed record NodeResource(
    [property: Description("Its number; a restart gets another one.")] long Id,
    [property: Description("Machine and process.")] string Name,
    [property: Description("alive; missing if the database has lost its session; dead if its lease has ended.")] string State,
    [property: Description("Whether it is the one that was asked.")] bool Self,
    [property: Description("Whether it does what one node does for all: retention and replay jobs.")] bool Leader,
    [property: Description("Its shards of the work, such as 0-31; none for none.")] string Shards,
    [property: Description("How many of 64.")] int ShardCount,
    [property: Description("Since it has joined.")] double UpSeconds,
    [property: Description("Until the others take it for dead if it does not renew its lease; null if it has none.")] double? LeaseSeconds);
