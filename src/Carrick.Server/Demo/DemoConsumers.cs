namespace Carrick.Server.Demo;

/// <summary>Who gets which message; the account's own knowledge, apart from the server's.</summary>
internal static class DemoConsumers
{
    public static string Handler(string integration) => $"{integration}/bookings";

    /// <summary>The endpoints that a message must reach, by their names at the customer.</summary>
    public static IReadOnlyList<string> Endpoints(DemoMessage message) => (message.Integration, message.Type) switch
    {
        (DemoScenario.Code, _) => ["ci"],
        (_, "charge.refunded") => ["shop", FaultPlan.GoneEndpoint],
        _ => ["shop"],
    };
}
