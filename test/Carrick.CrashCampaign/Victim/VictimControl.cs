using Carrick.Operations;
using Carrick.Storage;

namespace Carrick.CrashCampaign.Victim;

/// <summary>What the campaign asks of the running victim.</summary>
internal static class VictimControl
{
    public const string Depths = "/campaign/depths";
    public const string Replay = "/campaign/replay";

    public static void Map(WebApplication app)
    {
        app.Run(Depths, context =>
        {
            var consumers = context.RequestServices.GetRequiredService<IOperations>().ListConsumers();
            return context.Response.WriteAsJsonAsync(
                consumers.Select(consumer => new VictimDepth(
                    consumer.Definition.Name, consumer.Depth.Ready, consumer.Depth.Delayed, consumer.Depth.Dead, consumer.Running)).ToArray(),
                VictimJson.Default.VictimDepthArray);
        });
        app.Run(Replay, async context =>
        {
            var operations = context.RequestServices.GetRequiredService<IOperations>();
            await operations.StartReplayAsync(
                new DeadLetterFilter { Consumer = VictimSettings.Flaky }, 2_000, false, new Operator("campaign"), context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        });
    }

    private static void Run(this WebApplication app, string path, RequestDelegate handler) => app.MapPost(path, handler);
}
