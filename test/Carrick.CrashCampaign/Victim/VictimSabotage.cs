using Carrick.Hosting;
using Carrick.Storage;

namespace Carrick.CrashCampaign.Victim;

/// <summary>Plants the faults that are not in a handler.</summary>
internal static class VictimSabotage
{
    // Fewer than a life receives on the slowest machine, so that not every one of them is killed before it.
    private const int HealthyRequests = 4;

    /// <summary>Puts the fault between the engine and its store, after the store was chosen.</summary>
    public static void Plant(CarrickBuilder carrick, Sabotage sabotage)
    {
        if (sabotage is Sabotage.AckEarly or Sabotage.SkipLedger)
        {
            var store = carrick.Services.Last(service => service.ServiceType == typeof(IStore)).ImplementationFactory!;
            carrick.UseStore(services => new LateStore((IStore)store(services), answersFirst: sabotage == Sabotage.AckEarly));
        }
    }

    /// <summary>Puts the fault in front of the engine's routes.</summary>
    public static void Plant(WebApplication app, Sabotage sabotage)
    {
        var webhooks = 0;
        app.Use(async (context, next) =>
        {
            if (context.Request.Path.StartsWithSegments("/webhooks"))
            {
                var number = Interlocked.Increment(ref webhooks);
                switch (sabotage)
                {
                    case Sabotage.Exit when number > HealthyRequests:
                        Environment.Exit(7);
                        break;
                    case Sabotage.Complain when number == HealthyRequests + 1:
                        app.Logger.LogSabotage();
                        break;
                }
            }

            if (sabotage == Sabotage.Hang && context.Request.Path.StartsWithSegments("/webhooks"))
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            await next();
        });
    }
}

internal static partial class VictimSabotageLog
{
    [LoggerMessage(1, LogLevel.Error, "Something is broken, because the campaign asked for it.")]
    public static partial void LogSabotage(this ILogger logger);
}
